internal import Encoding
internal import Presence
internal import Synchronization
internal import Wire

/// One operator on a device's console.
final class ConsoleSession: LinkStream {
    private struct State {
        /// The beginning of a character whose rest is still to come.
        var rest: [UInt8] = []
        var bytesToDevice = 0
        var bytesFromDevice = 0
        var isOver = false
        /// Files of the device, once they are asked for.
        var files: ConsoleInbox.Files?
    }

    private let id: String
    private let link: NervesLink
    private let record: SessionRecord
    private let output: AsyncStream<[UInt8]>
    private let state = Mutex(State())

    init(_ id: String, on link: NervesLink, _ output: AsyncStream<[UInt8]>, _ record: SessionRecord) {
        (self.id, self.link, self.output, self.record) = (id, link, output, record)
    }

    func send(_ bytes: [UInt8]) async throws {
        let text = state.withLock { state in
            let (text, rest) = Self.text(state.rest + bytes)
            state.rest = rest
            state.bytesToDevice += bytes.count
            return text
        }
        guard !text.isEmpty else { return }
        try await link.deliver(.console, "dn", .object([.init("data", .string(text))]))
    }

    func resize(columns: Int, rows: Int) async throws {
        link.resizeConsole(columns: columns, rows: rows)
    }

    func next() async throws -> [UInt8]? {
        for await bytes in output {
            state.withLock { $0.bytesFromDevice += bytes.count }
            link.console.took(bytes.count, id)
            return bytes
        }
        return nil
    }

    func nextFile() async throws -> SentFile? {
        let files: ConsoleInbox.Files? = state.withLock { state in
            guard !state.isOver else { return nil }
            let files = state.files ?? link.inbox.join(id)
            state.files = files
            return files
        }
        guard let files else { return nil }
        for await file in files {
            if case .whole(let name, let bytes) = file {
                try await record.begin(.reading(path: name))
                state.withLock { $0.bytesFromDevice += bytes.count }
            }
            return file
        }
        return nil
    }

    func finish() async {
        let ended: State? = state.withLock { state in
            guard !state.isOver else { return nil }
            state.isOver = true
            return state
        }
        guard let ended else { return }
        link.console.leave(id)
        link.inbox.leave(id)
        await record.end(bytesToDevice: ended.bytesToDevice, bytesFromDevice: ended.bytesFromDevice)
    }

    /// Bytes as text. What is no UTF-8 becomes the replacement character; the beginning of a character is kept for the
    /// next bytes.
    private static func text(_ bytes: [UInt8]) -> (String, rest: [UInt8]) {
        let start = bytes.suffix(3).lastIndex { $0 & 0xC0 != 0x80 } ?? bytes.endIndex
        guard start < bytes.endIndex, bytes[start] >= 0xC0 else { return (String(decoding: bytes, as: UTF8.self), []) }
        let length = bytes[start] >= 0xF0 ? 4 : bytes[start] >= 0xE0 ? 3 : 2
        guard bytes.count - start < length else { return (String(decoding: bytes, as: UTF8.self), []) }
        return (String(decoding: bytes[..<start], as: UTF8.self), Array(bytes[start...]))
    }
}
