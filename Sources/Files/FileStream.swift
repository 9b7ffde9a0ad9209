internal import Glibc

/// A file read part by part, whatever its size. Closed when it goes.
package final class FileSource {
    private let descriptor: Int32
    private let path: String

    /// Opens a file; a link at its place is refused.
    package init(_ path: String) throws(FileError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        self.path = path
        guard descriptor >= 0 else { throw FileError(path: path, doing: "read") }
    }

    deinit {
        close(descriptor)
    }

    /// Bytes of the file now.
    package func size() throws(FileError) -> Int64 {
        var information = stat()
        guard unsafe fstat(descriptor, &information) == 0 else { throw FileError(path: path, doing: "read") }
        return Int64(information.st_size)
    }

    /// Goes to a place of the file and reads there, as many bytes as asked for unless the file ends before.
    package func read(_ count: Int, at offset: Int64) throws(FileError) -> [UInt8] {
        guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
            throw FileError(path: path, doing: "read")
        }
        return try read(count)
    }

    /// The next bytes, as many as asked for unless the file ends before.
    package func read(_ count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileError(path: path, doing: "read") }
            guard got > 0 else { break }
            filled += got
        }
        return filled == count ? bytes : Array(bytes.prefix(filled))
    }
}

/// A file written part by part that appears under its name when it is whole and durable, and not at all otherwise.
package final class FileSink {
    private let descriptor: Int32
    private let path: String
    private let temporary: String
    private var isFinished = false

    /// Makes a file beside the one that is to be replaced.
    package init(_ path: String, mode: UInt32) throws(FileError) {
        self.path = path
        temporary = path + ".part"
        unsafe unlink(temporary)
        descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path: temporary, doing: "create") }
    }

    deinit {
        close(descriptor)
        if !isFinished { unsafe unlink(temporary) }
    }

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws(FileError) {
        try SecureFile.writeAll(bytes, to: descriptor, path: temporary)
    }

    /// Where the bytes are until the file appears: for reading them back.
    package var unfinishedPath: String { temporary }

    /// Makes the file appear.
    package func finish() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError(path: temporary, doing: "write") }
        try SecureFile.move(temporary, to: path)
        isFinished = true
    }
}

extension SecureFile {
    /// Moves a file or folder, durably.
    package static func move(_ source: String, to target: String) throws(FileError) {
        guard unsafe rename(source, target) == 0 else { throw FileError(path: target, doing: "replace") }
        try syncFolder(of: target)
        try syncFolder(of: source)
    }

    /// Gives a file to the owner of a folder: what root leaves behind must be readable for the service. Does nothing for others than
    /// root.
    package static func giveToOwner(ofFolder folder: String, _ path: String) -> Bool {
        guard geteuid() == 0 else { return true }
        var information = stat()
        guard unsafe stat(folder, &information) == 0 else { return false }
        return unsafe lchown(path, information.st_uid, information.st_gid) == 0
    }
}

/// A lock on a folder, held until it goes: two processes must not change the same state.
package struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock; `nil` when somebody else holds it.
    package init?(_ folder: String) {
        descriptor = unsafe open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
    }

    deinit {
        close(descriptor)
    }
}
