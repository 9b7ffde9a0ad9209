internal import Glibc

extension SecureFile {
    /// A file that is written in parts and takes another's place at once and durably, or, unless ``commit()`` was
    /// called, never.
    package final class Replacement {
        private let path: String
        private let temporary: String
        private var descriptor: Int32

        /// Begins; nothing is at the path yet, or what was there before. What is written so far has a name nobody
        /// can foresee, and so take: the path, 16 hexadecimal digits and `.new`.
        ///
        /// - Throws: ``FileError``.
        package init(of path: String, mode: UInt32) throws(FileError) {
            self.path = path
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            temporary = "\(path).\(String(repeating: "0", count: 16 - digits.count))\(digits).new"
            descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            guard descriptor >= 0 else { throw FileError(path: temporary, doing: "create") }
            guard fchmod(descriptor, mode) == 0 else { throw FileError(path: temporary, doing: "create") }
        }

        deinit {
            guard descriptor >= 0 else { return }
            close(descriptor)
            unsafe unlink(temporary)
        }

        package func write(_ bytes: [UInt8]) throws(FileError) {
            try SecureFile.writeAll(bytes, to: descriptor, path: temporary)
        }

        /// Puts what was written in the place; called once, as the last.
        package func commit() throws(FileError) {
            guard fsync(descriptor) == 0 else { throw FileError(path: temporary, doing: "write") }
            guard unsafe rename(temporary, path) == 0 else { throw FileError(path: path, doing: "replace") }
            close(descriptor)
            descriptor = -1
            try SecureFile.syncFolder(of: path)
        }
    }
}
