internal import Glibc

/// A file that is written over several attempts, beside the place that it takes when it is whole. What one attempt
/// wrote is there for the next one, also after a crash; no two processes write it at a time.
package final class PartialFile {
    private let path: String
    private let temporary: String
    private let descriptor: Int32
    /// Bytes so far.
    package private(set) var size: Int64

    /// Opens what an earlier attempt left, or begins. Anything but a regular file of this user is refused.
    ///
    /// - Parameters:
    ///   - path: the place it takes.
    ///   - name: of the content, so that only bytes of the same content are gone on with; letters and digits.
    /// - Throws: ``FileError``.
    package init(_ path: String, content name: String) throws(FileError) {
        self.path = path
        temporary = "\(path).\(name).part"
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = unsafe open(temporary, flags, 0o600)
        guard descriptor >= 0 else { throw FileError(path: temporary, doing: "create") }
        do {
            size = try Self.take(descriptor, at: temporary)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Locks an open file, and looks that it is one to write to.
    ///
    /// - Returns: its bytes.
    private static func take(_ descriptor: Int32, at path: String) throws(FileError) -> Int64 {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw FileError(path: path, doing: "write", reason: "another process writes it; try again when it is done")
        }
        var (opened, named) = (stat(), stat())
        guard unsafe fstat(descriptor, &opened) == 0, opened.st_mode & S_IFMT == S_IFREG, opened.st_uid == geteuid(),
            opened.st_nlink == 1
        else { throw FileError(path: path, doing: "write", reason: "it is not a regular file of this user; remove it") }
        // Who had the lock before may have put the file in its place.
        guard unsafe lstat(path, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev else {
            throw FileError(path: path, doing: "write", reason: "another process writes it; try again when it is done")
        }
        return Int64(opened.st_size)
    }

    /// Forgets all bytes.
    package func clear() throws(FileError) {
        guard ftruncate(descriptor, 0) == 0 else { throw FileError(path: temporary, doing: "write") }
        size = 0
    }

    /// Adds bytes at the end.
    package func append(_ bytes: [UInt8]) throws(FileError) {
        guard lseek(descriptor, off_t(size), SEEK_SET) >= 0 else { throw FileError(path: temporary, doing: "write") }
        try SecureFile.writeAll(bytes, to: descriptor, path: temporary)
        size += Int64(bytes.count)
    }

    /// Reads back what was written, as the disk has it: at most 64 KiB; none at the end.
    package func read(at offset: Int64) throws(FileError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: temporary, doing: "read") }
            return Array(buffer.prefix(count))
        }
    }

    /// Waits until all bytes are durable.
    package func sync() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError(path: temporary, doing: "write") }
    }

    /// Puts the file in its place, durably; called once, as the last.
    package func commit() throws(FileError) {
        try sync()
        try SecureFile.move(temporary, to: path)
    }

    /// Removes the file; called once, as the last.
    package func discard() {
        unsafe unlink(temporary)
    }
}
