internal import CoSigning
internal import Encoding
internal import Files
internal import PKI

/// An artifact on its way to its file: at most as many bytes as were signed, and it takes its place only when the bytes
/// that were written are the right ones (docs/protocols/cosign.md 4, step 15).
actor ArtifactPart {
    nonisolated let artifact: DeviceRelease.Artifact
    private let file: PartialFile
    private let path: String
    /// Why it cannot go on.
    private(set) var failure: DeviceError?

    /// Goes on with what an earlier attempt left.
    init(_ artifact: DeviceRelease.Artifact, at path: String) throws(DeviceError) {
        self.artifact = artifact
        self.path = path
        do throws(FileError) {
            let name = String(decoding: artifact.sha256.utf8.prefix(16), as: UTF8.self)
            file = try PartialFile(path, content: name)
            Self.removeParts(of: path, but: name)
            if file.size > artifact.size { try file.clear() }
            let room = try SecureFile.room(at: Self.folder(of: path))
            guard room > artifact.size - file.size else {
                if file.size == 0 { file.discard() }
                throw FileError(path: path, doing: "write", reason: "\(artifact.size) bytes do not fit; make room")
            }
        } catch {
            throw .artifactFile(reason: error.description)
        }
    }

    /// Bytes that are written.
    var size: Int64 { file.size }
    var isComplete: Bool { file.size == artifact.size }

    /// The head of an answer is there.
    ///
    /// - Parameter range: its `Content-Range`.
    func begin(status: Int, range: String?) throws(DeviceError) {
        switch status {
        case 200: try working { () throws(FileError) in try file.clear() }
        case 206 where range.map { $0.utf8.starts(with: "bytes \(file.size)-".utf8) } ?? false: break
        case 416: throw reject("the file is shorter than its \(artifact.size) signed bytes")
        default: throw fail(.artifactUnavailable(status: status))
        }
    }

    /// More bytes are there.
    func append(_ bytes: [UInt8]) throws(DeviceError) {
        guard Int64(bytes.count) <= artifact.size - file.size else {
            throw reject("the file is longer than its \(artifact.size) signed bytes")
        }
        try working { () throws(FileError) in try file.append(bytes) }
    }

    /// Nothing more comes: the file takes its place, or is gone.
    func finish() throws(DeviceError) {
        guard isComplete else { throw reject("the file is shorter than its \(artifact.size) signed bytes") }
        let hash = SHA256Stream()
        try working { () throws(FileError) in try file.sync() }
        var offset: Int64 = 0
        while offset < artifact.size {
            let bytes = try working { () throws(FileError) in try file.read(at: offset) }
            guard !bytes.isEmpty else { break }
            hash.update(bytes[...])
            offset += Int64(bytes.count)
        }
        guard Hex.encode(hash.finish()).utf8.elementsEqual(artifact.sha256.utf8) else {
            throw reject("the file is not the one that was signed")
        }
        try working { () throws(FileError) in try file.commit() }
    }

    /// The file is invalid: it is removed.
    private func reject(_ reason: String) -> DeviceError {
        file.discard()
        return fail(.releaseRefused(error: CoSignError.Name.badArtifact.rawValue, reason: reason))
    }

    private func fail(_ error: DeviceError) -> DeviceError {
        failure = error
        return error
    }

    private func working<Value>(_ work: () throws(FileError) -> Value) throws(DeviceError) -> Value {
        do throws(FileError) {
            return try work()
        } catch {
            throw fail(.artifactFile(reason: error.description))
        }
    }

    /// Removes what is left of other artifacts that were on their way to the same place.
    private static func removeParts(of path: String, but kept: String) {
        let folder = folder(of: path)
        let front = Array((path.utf8.split(separator: UInt8(ascii: "/")).last ?? [][...]) + ".".utf8)
        let back = Array(".part".utf8)
        for name in SystemFolder.names(in: folder, limit: 4096) ?? [] {
            let bytes = Array(name.utf8)
            guard bytes.count == front.count + 16 + back.count, bytes.starts(with: front), bytes.suffix(5) == back[...]
            else { continue }
            let middle = bytes[front.count..<front.count + 16]
            guard Hex.decode(middle) != nil, !middle.elementsEqual(kept.utf8) else { continue }
            _ = SystemFolder.remove(folder + "/" + name)
        }
    }

    /// Looks that nothing but a plain file would be replaced: renaming over a device, a pipe or a link takes it away.
    static func checkPlace(_ path: String) throws(DeviceError) {
        guard SystemFolder.isFreeOrPlainFile(path) else {
            throw .artifactFile(
                reason: "\(path) is a folder, device, pipe or link; name a plain file, and write it to its slot after")
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
    }

    /// Whether a file in the place is the right one already: a stop between download and installation costs nothing.
    static func isThere(_ artifact: DeviceRelease.Artifact, at path: String) -> Bool {
        guard let source = try? FileSource(plain: path), (try? source.size()) == artifact.size else { return false }
        let hash = SHA256Stream()
        while let part = try? source.read(1 << 16), !part.isEmpty { hash.update(part[...]) }
        return Hex.encode(hash.finish()).utf8.elementsEqual(artifact.sha256.utf8)
    }
}
