internal import Encoding
internal import Journal
internal import Presence
internal import Synchronization
internal import Wire

/// Files for a device over its console (docs/protocols/device-link.md 11.1): written only, into the folder that the
/// device keeps its data in, one part after the other without an answer.
final class ConsoleFiles: RemoteFiles {
    /// Largest file, in bytes.
    static let limit: Int64 = 10 << 20
    /// Bytes in one message.
    static let part = 1024

    private let link: NervesLink
    private let visitor: LinkVisitor
    private let record: SessionRecord
    private let sent = Mutex<Int?>(nil)

    init(_ link: NervesLink, _ visitor: LinkVisitor, _ record: SessionRecord) {
        (self.link, self.visitor, self.record) = (link, visitor, record)
    }

    func describe(_ path: String) async throws -> RemoteFile { throw LinkError.unsupported }

    func read(_ path: String) async throws -> any RemoteContent { throw LinkError.unsupported }

    func write(_ file: RemoteFile, _ content: () async throws -> [UInt8]?) async throws {
        let name = file.path
        guard Self.isPlainName(name) else {
            throw LinkError.badMessage(
                "over the console a file goes into the device's data folder; give a plain name without folders")
        }
        try Self.checkSize(file.size ?? 0)
        try link.written.begin(name)
        defer { link.written.end(name) }
        try await record.begin(.writing(path: name))
        sent.withLock { $0 = $0 ?? 0 }
        try await push("file-data/start", name, [.init("uploaded_by", .string(visitor.requester.name))])
        var (rest, number, total): ([UInt8], Int, Int64) = ([], 0, 0)
        func send(_ bytes: ArraySlice<UInt8>) async throws {
            try await push(
                "file-data", name,
                [.init("chunk", .number("\(number)")), .init("data", .string(Base64.encode(Array(bytes))))])
            number += 1
            sent.withLock { $0 = ($0 ?? 0) + bytes.count }
        }
        while let bytes = try await content() {
            total += Int64(bytes.count)
            try Self.checkSize(total)
            rest += bytes
            var start = 0
            while rest.count - start >= Self.part {
                try await send(rest[start..<start + Self.part])
                start += Self.part
            }
            rest.removeFirst(start)
        }
        if !rest.isEmpty { try await send(rest[...]) }
        // Only now: what broke off has no end, and is no file for the device.
        try await push("file-data/stop", name)
    }

    func finish() async {
        let bytes = sent.withLock { sent in
            defer { sent = nil }
            return sent
        }
        // Nothing has begun, so nothing ends.
        guard let bytes else { return }
        await record.end(bytesToDevice: bytes, bytesFromDevice: 0)
    }

    private func push(_ event: String, _ name: String, _ members: [JSONValue.Member] = []) async throws {
        try await link.deliver(.console, event, .object([.init("filename", .string(name))] + members))
    }

    private static func checkSize(_ size: Int64) throws(LinkError) {
        guard size <= limit else {
            throw .badMessage("over the console a file has at most \(limit >> 20) MiB")
        }
    }

    /// Whether a text is a name that stays in its folder: clients join it to the folder unchecked.
    static func isPlainName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && name.unicodeScalars.allSatisfy { $0 != "/" && $0 != "\\" && !PlainText.acts($0) }
    }
}

/// Names of the files that are being written to one device: parts of two files of one name would be mixed.
final class WrittenNames: Sendable {
    static let limit = 4
    private let names = Mutex<Set<[UInt8]>>([])

    /// - Throws: ``LinkError``.
    func begin(_ name: String) throws(LinkError) {
        try names.withLock { names throws(LinkError) in
            guard names.count < Self.limit else { throw .tooManySessions(limit: Self.limit) }
            guard names.insert(Array(name.utf8)).inserted else {
                throw .badMessage("a file of this name is being sent to the device; try again when it is there")
            }
        }
    }

    func end(_ name: String) {
        names.withLock { _ = $0.remove(Array(name.utf8)) }
    }
}
