internal import Glibc

/// Reads and writes the files a crash, a power cut or another user must not spoil: keys, certificates, small state.
package enum SecureFile {
    /// A file larger than this is none of ours.
    private static let readLimit = 1 << 20

    /// Whether something exists at that path.
    package static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// Whether a folder, and not a link to one, exists at that path.
    package static func isFolder(_ path: String) -> Bool {
        var information = stat()
        return unsafe lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    /// The whole file as text.
    ///
    /// - Throws: ``FileError`` with the system's reason.
    package static func read(_ path: String) throws(FileError) -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    /// The whole file, at most 1 MiB.
    package static func bytes(_ path: String) throws(FileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, doing: "read") }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path, doing: "read") }
            guard count > 0 else { return content }
            content.append(contentsOf: buffer[..<count])
            guard content.count <= readLimit else { throw FileError(path: path, doing: "read", reason: "too large") }
        }
    }

    /// Replaces a file atomically and durably: readers see the old or the new content, also after a power cut.
    package static func write(_ text: String, to path: String, mode: UInt32) throws(FileError) {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// Replaces a file at once and durably.
    package static func write(_ content: [UInt8], to path: String, mode: UInt32) throws(FileError) {
        let temporary = path + ".new"
        unsafe unlink(temporary)
        var isInPlace = false
        defer { if !isInPlace { unsafe unlink(temporary) } }
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path: temporary, doing: "create") }
        do {
            defer { close(descriptor) }
            try writeAll(content, to: descriptor, path: temporary)
            guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else {
                throw FileError(path: temporary, doing: "write")
            }
        }
        guard unsafe rename(temporary, path) == 0 else { throw FileError(path: path, doing: "replace") }
        isInPlace = true
        try syncFolder(of: path)
    }

    /// Removes a file, if it is there.
    package static func remove(_ path: String) {
        unsafe unlink(path)
    }

    /// Removes a file that must not stay, such as one with secrets; that it is gone already is as good.
    ///
    /// - Throws: ``FileError`` when it stays.
    package static func discard(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw FileError(path: path, doing: "remove") }
    }

    /// Makes a folder and what leads to it; an existing one keeps its content and gets the mode.
    ///
    /// - Parameter isNamed: whether a person named the path, so that a link at its end is meant. Otherwise a link is
    ///   refused: who may write to the folder around it would choose whose mode is changed.
    package static func makeFolder(_ path: String, mode: UInt32, isNamed: Bool = false) throws(FileError) {
        if unsafe mkdir(path, mode) != 0, errno == ENOENT, let parent = parent(of: path) {
            try makeFolder(parent, mode: 0o755)
            _ = unsafe mkdir(path, mode)
        }
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (isNamed ? 0 : O_NOFOLLOW)
        let descriptor = unsafe open(path, flags)
        guard descriptor >= 0 else {
            let isOther = errno == ENOTDIR || errno == ELOOP
            throw FileError(
                path: path, doing: "use", reason: isOther ? "expected a folder, found a link or a file" : nil)
        }
        defer { close(descriptor) }
        guard fchmod(descriptor, mode) == 0 else { throw FileError(path: path, doing: "create") }
    }

    /// Permission bits of a file.
    package static func mode(_ path: String) throws(FileError) -> UInt32 {
        var information = stat()
        guard unsafe stat(path, &information) == 0 else { throw FileError(path: path, doing: "read") }
        return information.st_mode & 0o777
    }

    static func writeAll(_ content: [UInt8], to descriptor: Int32, path: String) throws(FileError) {
        var written = 0
        while written < content.count {
            let count = unsafe content.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError(path: path, doing: "write") }
            written += count
        }
    }

    /// Makes what was renamed or removed in the folder of a file durable: the file's own content is not enough.
    package static func syncFolder(of path: String) throws(FileError) {
        let folder = parent(of: path) ?? "."
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: folder, doing: "open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: folder, doing: "write") }
    }

    private static func parent(of path: String) -> String? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// A file could not be read or written.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    package let path: String
    /// `read`, `create`, `write`, `replace`, `remove`, `open`, `use`.
    package let action: String
    package let reason: String
    /// The system's number for it (errno); 0 when it was not the system that refused.
    package let number: Int32

    /// - Parameter reason: `nil`: what the system says (`errno`).
    package init(path: String, doing action: String, reason: String? = nil) {
        self.path = path
        self.action = action
        number = reason == nil ? errno : 0
        self.reason = unsafe reason ?? String(cString: strerror(number))
    }

    /// One line for a person.
    package var description: String { "can't \(action) \(path): \(reason)" }
}
