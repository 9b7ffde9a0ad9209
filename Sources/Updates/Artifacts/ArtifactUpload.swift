internal import Files
internal import Glibc

/// An artifact that is being uploaded: bytes go to a file beside the others, and it becomes an artifact only when all
/// of it was checked. What a crash leaves is invisible, and can be continued or is removed after a day.
package struct ArtifactUpload: Sendable {
    /// UUID, lower case; names the file.
    package let id: String
    private let folder: ArtifactFolder
    private let room: UploadRoom
    private let disk: DiskQueue
    private let limit: Int64

    init(id: String, folder: ArtifactFolder, room: UploadRoom, disk: DiskQueue, limit: Int64) {
        self.id = id
        self.folder = folder
        self.room = room
        self.disk = disk
        self.limit = limit
    }

    /// Bytes that are there: where to go on.
    package func offset() throws -> Int64 {
        var information = stat()
        guard unsafe stat(folder.upload(id), &information) == 0 else { throw UpdatesError.unknownUpload(id) }
        return Int64(information.st_size)
    }

    /// Some of the bytes that are there; fewer at the end.
    package func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        try FileSource(folder.upload(id)).read(count, at: offset)
    }

    /// Opens it for more bytes. Nobody else can as long as the sink lives: what a broken connection left behind and the
    /// one that goes on don't mix.
    ///
    /// - Throws: ``UpdatesError/uploadOffset(_:)`` when it has not this length, or is open elsewhere.
    package func append(at offset: Int64) async throws -> UploadSink {
        try await room.refresh()
        return try await disk.run { [self] in try open(at: offset) }
    }

    /// The same on the calling thread.
    func open(at offset: Int64) throws -> UploadSink {
        let sink = try UploadSink(folder.upload(id), id: id, room: room, limit: limit)
        guard try sink.isAlone(), try sink.size() == offset else { throw UpdatesError.uploadOffset(try self.offset()) }
        return sink
    }
}

/// The file of an upload, open at its end.
package final class UploadSink: Sendable {
    private let descriptor: Int32
    private let path: String
    private let id: String
    private let room: UploadRoom
    private let limit: Int64

    init(_ path: String, id: String, room: UploadRoom, limit: Int64) throws(FileError) {
        self.path = path
        self.id = id
        self.room = room
        self.limit = limit
        descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileError(path: path, doing: "write") }
    }

    deinit {
        close(descriptor)
    }

    /// Takes the file for this sink alone, until it goes; false when another one has it, or the file has left its
    /// place.
    func isAlone() throws -> Bool {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
        var named = stat()
        return try unsafe stat(path, &named) == 0 && named.st_ino == information().st_ino
    }

    /// Lets another sink have the file; nothing may be written afterwards. Ends with the sink at the latest, but a
    /// thread that wrote may hold that a moment longer.
    package func release() {
        flock(descriptor, LOCK_UN)
    }

    func size() throws -> Int64 { Int64(try information().st_size) }

    /// Drops what is there.
    func empty() throws {
        guard ftruncate(descriptor, 0) == 0 else { throw FileError(path: path, doing: "write") }
        room.set(id, size: 0)
    }

    private func information() throws(FileError) -> stat {
        var information = stat()
        guard unsafe fstat(descriptor, &information) == 0 else { throw FileError(path: path, doing: "write") }
        return information
    }

    /// Appends bytes.
    ///
    /// - Throws: ``UpdatesError/tooLarge(_:limit:)``, ``UpdatesError/storageFull``.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard try size() + Int64(bytes.count) <= limit else {
            throw UpdatesError.tooLarge(UpdatesError.wholeArtifact, limit: limit)
        }
        try room.grow(id, by: Int64(bytes.count))
        do {
            try unsafe writeAll(bytes)
        } catch {
            // What a full disk took of it.
            room.set(id, size: try size())
            throw error
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        var written = 0
        while written < bytes.count {
            let count = unsafe Glibc.write(
                descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == ENOSPC || errno == EDQUOT { throw UpdatesError.storageFull }
            guard count > 0 else { throw FileError(path: path, doing: "write") }
            written += count
        }
    }

    /// Waits until the bytes are on the disk.
    package func flush() throws {
        guard fsync(descriptor) == 0 else { throw FileError(path: path, doing: "write") }
    }
}
