internal import HubHTTP
internal import Presence
internal import Updates
internal import Wire

/// A file for a device that waits on the hub's disk until everything about it is known. It takes of the room for
/// artifacts, as any upload does, and goes with this value; leftovers of a crash are deleted with other uploads.
final class HeldFile: Sendable {
    private let upload: ArtifactUpload
    private let artifacts: Artifacts

    /// Takes the part of the form that has begun.
    ///
    /// - Throws: 400, 413, 507.
    init(_ form: inout FormEvents, _ artifacts: Artifacts) async throws {
        let upload = try await BlockingWork.run { try artifacts.beginUpload() }
        self.upload = upload
        self.artifacts = artifacts
        let sink = try await upload.append(at: 0)
        defer { sink.release() }
        var writing = GatheredWriting { bytes in try unsafe bytes.withUnsafeBytes { try unsafe sink.write($0) } }
        while case .content(let bytes) = try await form.next() { try await writing.take(bytes) }
        try await writing.end {}
    }

    deinit {
        artifacts.abandon(upload)
    }

    /// Sends it to a device.
    func send(_ file: RemoteFile, to files: any RemoteFiles) async throws {
        let upload = upload
        var file = file
        file.size = try upload.offset()
        let size = file.size ?? 0
        var sent: Int64 = 0
        try await files.write(file) {
            guard sent < size else { return nil }
            let from = sent
            let part = try await BlockingWork.run { try upload.bytes(at: from, count: 16 * LinkEnvelope.chunk) }
            sent += Int64(part.count)
            return part.isEmpty ? nil : part
        }
    }
}
