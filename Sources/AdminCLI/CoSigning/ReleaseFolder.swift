internal import CoSigning
internal import Encoding
internal import Files

/// The folder form of a release, for a USB stick.
///
/// A folder holds pairs of files, any number of them, beside anything else:
///
/// - `NAME.release.json`: the message with both signatures, as the hub would send it (at most 64 KiB). The
///   co-signature's `aud` says who may install, its `exp` until when; it has no `nonce`.
/// - `NAME`: the artifact of that message.
///
/// No name in the message is used as a path: a device reads every `*.release.json`, verifies the message, and finds the
/// artifact beside it by its size and SHA-256. The artifact is written first, so that a message never stands without
/// its file. NAME has neither slash nor leading dot.
struct ReleaseFolder {
    static let suffix = ".release.json"

    let path: String
    let name: String

    /// - Throws: a failure of usage for a name that would leave the folder or hide in it.
    init(_ path: String, name: String) throws {
        guard !name.isEmpty, !name.hasPrefix("."), !name.utf8.contains(0x2F), name.utf8.count <= 200,
            !name.hasSuffix(Self.suffix), Terminal.plain(name) == name
        else { throw CommandFailure.usage("\(name) is not usable as a file name in the folder; give one with --name") }
        self.path = path
        self.name = name
    }

    var message: String { "\(path)/\(name)\(Self.suffix)" }
    var artifact: String { "\(path)/\(name)" }

    /// Copies a release there. The artifact is checked while it is copied, and appears when it is right.
    ///
    /// - Parameter bytes: the message.
    /// - Throws: `CoSignError` `bad_artifact`; nothing has appeared then.
    func write(_ bytes: [UInt8], _ release: ReleaseArtifact, from source: String, isShown: Bool) throws {
        if !SecureFile.exists(path) { try SecureFile.makeFolder(path, mode: 0o755) }
        // Without a change of mode: the file systems of sticks have none.
        let copy = try FileSink(artifact, mode: 0o644)
        var left = release.size
        let digest = try FileDigest(source, isShown: isShown) { part in
            left -= Int64(part.count)
            guard left >= 0 else { throw CoSignError(.badArtifact, "the artifact has more bytes than were signed") }
            try copy.write(part)
        }
        try digest.check(release)
        try copy.finish()
        let file = try FileSink(message, mode: 0o644)
        try file.write(bytes)
        try file.finish()
    }
}
