internal import Glibc

extension SecureFile {
    /// Makes a file that was not there, at once and durably.
    ///
    /// - Returns: false when something has the name already; that stays as it is.
    package static func create(_ content: [UInt8], at path: String, mode: UInt32) throws(FileError) -> Bool {
        // Nothing that is there is touched, not even under this name.
        let temporary = path + ".\(getpid()).part"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path: temporary, doing: "create") }
        defer { unsafe unlink(temporary) }
        do {
            defer { close(descriptor) }
            try writeAll(content, to: descriptor, path: temporary)
            guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else {
                throw FileError(path: temporary, doing: "write")
            }
        }
        // A second name fails where one is; a move would take its place.
        guard unsafe link(temporary, path) == 0 else {
            guard errno == EEXIST else { throw FileError(path: path, doing: "create") }
            return false
        }
        try syncFolder(of: path)
        return true
    }
}
