internal import Glibc

/// A file or standard input, in chunks.
final class InputSource: Sendable {
    /// Bytes in all, `nil` when not known.
    let size: Int?
    private let descriptor: Int32

    /// Opens a file.
    ///
    /// - Parameter offset: where to begin; only for files that can be read from anywhere.
    init(_ path: String, from offset: Int64 = 0) throws {
        guard path != "-" else {
            descriptor = dup(STDIN_FILENO)
            size = nil
            return
        }
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure.failed("\(path) can't be read: \(unsafe String(cString: strerror(errno)))")
        }
        guard offset == 0 || lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
            throw CommandFailure.failed("\(path) does not support seeking")
        }
        var information = stat()
        size = unsafe fstat(descriptor, &information) == 0 && information.st_size > 0 ? Int(information.st_size) : nil
    }

    deinit {
        close(descriptor)
    }

    /// The next part, `nil` at the end.
    func next() throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure.failed("the file can't be read to its end") }
            guard count > 0 else { return nil }
            buffer.removeLast(buffer.count - count)
            return buffer
        }
    }
}
