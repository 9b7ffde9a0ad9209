internal import CoSigning
internal import Files

/// A folder with co-signed messages and their artifacts, as a medium brings them: each message is a file
/// `NAME.release.json`, its artifact any file beside it, found by its size and proved by its hash. Names mean nothing
/// more: who filled the folder is a stranger.
struct ReleaseBundle {
    let folder: String

    static let ending = ".release.json"
    /// Names, messages, and files of the right size that are looked at.
    private static let nameLimit = 1024
    private static let messageLimit = 64
    private static let artifactLimit = 16

    /// The messages in the order of their names; one that is too long is cut so that it is seen to be.
    func messages() throws(DeviceError) -> [[UInt8]] {
        let names = try list().filter { $0.utf8.reversed().starts(with: Self.ending.utf8.reversed()) }
        guard !names.isEmpty else {
            throw .noBundle(reason: "no file NAME\(Self.ending) in \(folder); make one with: hubctl cosign bundle")
        }
        var messages: [[UInt8]] = []
        for name in names.prefix(Self.messageLimit) {
            do throws(FileError) {
                messages.append(try FileSource(plain: folder + "/" + name).read(CoSignLimits.message + 1))
            } catch {
                throw .noBundle(reason: error.description)
            }
        }
        return messages
    }

    /// Files that have the size of an artifact.
    func candidates(for artifact: DeviceRelease.Artifact) throws(DeviceError) -> [FileSource] {
        var found: [FileSource] = []
        for name in try list() where found.count < Self.artifactLimit {
            guard let source = try? FileSource(plain: folder + "/" + name), (try? source.size()) == artifact.size else {
                continue
            }
            found.append(source)
        }
        return found
    }

    private func list() throws(DeviceError) -> [String] {
        guard let names = SystemFolder.names(in: folder, limit: Self.nameLimit) else {
            throw .noBundle(reason: "\(folder) cannot be read; give the folder of the bundle")
        }
        return names
    }
}
