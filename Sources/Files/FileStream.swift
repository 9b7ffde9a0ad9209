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

    /// Opens a file of a folder that strangers filled: only a plain file, and without waiting for one.
    package init(plain path: String) throws(FileError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        self.path = path
        guard descriptor >= 0 else { throw FileError(path: path, doing: "read") }
        var information = stat()
        guard unsafe fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw FileError(path: path, doing: "read", reason: "it is not a regular file")
        }
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
        guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
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
    /// Whether there is nothing to remove.
    private var isOver = false

    /// Makes a file beside the one that is to be replaced.
    package init(_ path: String, mode: UInt32) throws(FileError) {
        self.path = path
        temporary = path + ".part"
        unsafe unlink(temporary)
        descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path: temporary, doing: "create") }
    }

    deinit {
        discard()
        close(descriptor)
    }

    /// Removes what was written, unless the file has appeared; further bytes go nowhere.
    package func discard() {
        if !isOver { unsafe unlink(temporary) }
        isOver = true
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
        isOver = true
    }
}

extension SecureFile {
    /// Moves a file or folder, durably.
    package static func move(_ source: String, to target: String) throws(FileError) {
        guard unsafe rename(source, target) == 0 else { throw FileError(path: target, doing: "replace") }
        try syncFolder(of: target)
        try syncFolder(of: source)
    }

    /// Gives a file below a folder to the folder's owner: what root leaves behind must be readable for the service.
    /// Below the folder no link is followed, neither on the way nor at the end. Does nothing for others than root.
    ///
    /// - Parameter path: begins with the folder.
    package static func giveToOwner(ofFolder folder: String, _ path: String) -> Bool {
        guard geteuid() == 0 else { return true }
        var way = path.dropFirst(folder.utf8.count).split(separator: "/").map(String.init)
        guard path.hasPrefix(folder + "/"), let name = way.popLast() else { return false }
        var descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var information = stat()
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, unsafe fstat(descriptor, &information) == 0 else { return false }
        for part in way {
            let next = unsafe openat(descriptor, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(descriptor)
            descriptor = next
            guard descriptor >= 0 else { return false }
        }
        return unsafe fchownat(descriptor, name, information.st_uid, information.st_gid, AT_SYMLINK_NOFOLLOW) == 0
    }
}

/// Whose folder something is.
package enum FolderOwner {
    /// Works in a folder from now on, as its owner: what is there can't lead this process to what is not the
    /// owner's. Afterwards the folder is `.`, whoever may read what leads to it. Changes the rights of root only, and
    /// of all threads; there is no way back. A folder of root's that others may write to is refused, before anything
    /// changes: what they put there would lead root wherever they like.
    package static func enter(_ folder: String) throws(FileError) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: folder, doing: "use") }
        defer { close(descriptor) }
        var information = stat()
        guard unsafe fstat(descriptor, &information) == 0 else { throw FileError(path: folder, doing: "read") }
        let isRoot = geteuid() == 0
        guard !isRoot || information.st_uid != 0 || information.st_mode & 0o022 == 0 else {
            throw FileError(
                path: folder, doing: "use",
                reason: "others than root may write to it; chown it to the hub's user, "
                    + "or take the right to write from group and others")
        }
        guard fchdir(descriptor) == 0 else { throw FileError(path: folder, doing: "use") }
        guard isRoot, information.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(information.st_gid) == 0, setuid(information.st_uid) == 0 else {
            throw FileError(path: folder, doing: "work as the owner of")
        }
    }
}

/// A lock on a folder, held until it goes: two processes must not change the same state.
package struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock; `nil` when somebody else holds it.
    package init?(_ folder: String) {
        descriptor = unsafe open(folder + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
    }

    deinit {
        close(descriptor)
    }
}
