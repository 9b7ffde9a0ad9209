internal import Glibc

extension SecureFile {
    /// Bytes that the hub may still write where a path is.
    package static func room(at path: String) throws(FileError) -> Int64 {
        var information = statvfs()
        guard unsafe statvfs(path, &information) == 0 else { throw FileError(path: path, doing: "use") }
        return Int64(clamping: UInt64(information.f_bavail) &* UInt64(information.f_frsize))
    }

    /// Bytes of a file; 0 when it is not there.
    package static func size(_ path: String) -> Int64 {
        var information = stat()
        return unsafe stat(path, &information) == 0 ? Int64(information.st_size) : 0
    }

    /// When a file was last written, in nanoseconds since 1970; 0 when it is not there.
    package static func modifiedAt(_ path: String) -> Int64 {
        var information = stat()
        guard unsafe stat(path, &information) == 0 else { return 0 }
        return Int64(information.st_mtim.tv_sec) * 1_000_000_000 + Int64(information.st_mtim.tv_nsec)
    }

    /// Waits until what others wrote into a file is durable.
    package static func syncFile(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, doing: "open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: path, doing: "write") }
    }
}
