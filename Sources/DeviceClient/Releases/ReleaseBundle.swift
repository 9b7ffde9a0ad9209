internal import CoSigning
internal import Files

/// A folder with co-signed messages and their artifacts, as a medium brings them: each message is a file
/// `NAME.release.json`, its artifact any file beside it, found by its size and proved by its hash. Names mean nothing
/// more: who filled the folder is a stranger. What does not belong there never hides what does.
struct ReleaseBundle {
    let folder: String

    static let ending = ".release.json"
    /// Names that are looked at.
    private static let nameLimit = 4096
    /// Bytes of messages that are kept.
    private static let messageLimit = 64 * CoSignLimits.message
    /// Bytes of files of the right size that are hashed; sixteen files in any case.
    private static let hashLimit: Int64 = 4 << 30

    /// The well-formed messages in the order of their names. Without one, the first malformed message, cut where it is
    /// too long, so that its fault is named.
    ///
    /// - Throws: ``DeviceError/noBundle(reason:)`` when no file is a message and can be read.
    func messages() throws(DeviceError) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var room = Self.messageLimit
        var malformed: [UInt8]?
        var failure: FileError?
        for name in try list() where name.utf8.reversed().starts(with: Self.ending.utf8.reversed()) {
            do throws(FileError) {
                let bytes = try FileSource(plain: folder + "/" + name).read(CoSignLimits.message + 1)
                if (try? SignedMessage(parsing: bytes)) == nil {
                    malformed = malformed ?? bytes
                } else if bytes.count <= room {
                    messages.append(bytes)
                    room -= bytes.count
                }
            } catch {
                failure = failure ?? error
            }
        }
        if !messages.isEmpty { return messages }
        if let malformed { return [malformed] }
        throw .noBundle(
            reason: failure?.description
                ?? "no file NAME\(Self.ending) in \(folder); make one with: hubctl cosign bundle")
    }

    /// The file with the signed size and hash: the one that has the artifact's name is looked at first, so that others
    /// of the same size cannot hide it.
    ///
    /// - Returns: `nil` when there is none; the only one of that size is not hashed yet.
    func file(of artifact: DeviceRelease.Artifact) throws(DeviceError) -> FileSource? {
        let isNamed = { (name: String) in name.utf8.elementsEqual(artifact.name.utf8) }
        var paths: [String] = []
        for name in try list() {
            let path = folder + "/" + name
            guard let source = try? FileSource(plain: path), (try? source.size()) == artifact.size else { continue }
            paths.insert(path, at: isNamed(name) ? 0 : paths.endIndex)
        }
        let limit = Int(clamping: max(16, Self.hashLimit / max(artifact.size, 1)))
        let found =
            paths.count == 1 ? paths.first : paths.prefix(limit).first { ArtifactPart.isThere(artifact, at: $0) }
        return found.flatMap { try? FileSource(plain: $0) }
    }

    private func list() throws(DeviceError) -> [String] {
        guard let names = SystemFolder.names(in: folder, limit: Self.nameLimit) else {
            throw .noBundle(reason: "\(folder) cannot be read; give the folder of the bundle")
        }
        return names
    }
}
