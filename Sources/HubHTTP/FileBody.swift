internal import Glibc
package import Hummingbird
package import NIOCore
package import Files

/// A part of a file as the body of an answer, read while it is sent: memory is bounded by what the peer takes.
package struct FileBody: Sendable {
    /// Bytes read and sent at a time; three parts are in memory for a slow reader, so 200 of them take 77 MB. Larger
    /// ones cost more of it, smaller ones more changes of threads.
    private static let partSize = 128 * 1024

    private let file: OpenFile
    private let range: Range<Int64>
    private let eventLoop: any EventLoop
    private let mayGoOn: @Sendable () -> Bool

    /// Sends bytes of a file.
    ///
    /// - Parameters:
    ///   - range: bytes to send; must lie in the file.
    ///   - eventLoop: the connection's.
    ///   - mayGoOn: asked before each part; false ends the connection in the middle.
    package init(
        _ file: OpenFile, range: Range<Int64>, on eventLoop: any EventLoop,
        mayGoOn: @escaping @Sendable () -> Bool = { true }
    ) {
        self.file = file
        self.range = range
        self.eventLoop = eventLoop
        self.mayGoOn = mayGoOn
    }

    /// The body.
    ///
    /// - Parameter onEnd: called once when the last part was taken, or the peer was lost.
    package func body(onEnd: @escaping @Sendable () -> Void = {}) -> ResponseBody {
        ResponseBody(contentLength: Int(range.count)) { [self] writer in
            defer { onEnd() }
            var offset = range.lowerBound
            var next = read(at: offset)
            while offset < range.upperBound {
                let part = try await next.get()
                guard mayGoOn() else { throw FileBodyEnded() }
                // Shorter than it was when the answer began: there is nothing right to send.
                guard part.readableBytes > 0 else { throw FileBodyEnded() }
                offset += Int64(part.readableBytes)
                if offset < range.upperBound { next = read(at: offset) }
                try await writer.write(part)
            }
            try await eventLoop.submit {}.get()
            try await writer.finish(nil)
        }
    }

    /// Begins to read a part, while the one before is sent.
    ///
    /// The writer only hands a part over; whether the peer takes it is known once the loop had its turn. Without
    /// waiting for that, a file would be in memory before a busy loop wrote its beginning. So a part comes back by way
    /// of the loop: never more than two are on their way to it.
    private func read(at offset: Int64) -> EventLoopFuture<ByteBuffer> {
        let count = Int(min(Int64(Self.partSize), range.upperBound - offset))
        return BlockingWork.begin(before: eventLoop) { [file] in try file.read(at: offset, count: count) }
    }
}

/// The answer ends early: the connection with it, because its length was told.
struct FileBodyEnded: Error {}

/// A file open for reading at any place; closed when it goes.
package final class OpenFile: Sendable {
    private let descriptor: Int32
    /// Bytes of the file when it was opened.
    package let size: Int64

    /// Opens a file; a link at its place is refused.
    ///
    /// - Throws: `FileError`.
    package init(_ path: String) throws(FileError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileError(path: path, doing: "read") }
        var information = stat()
        guard unsafe fstat(descriptor, &information) == 0 else {
            close(descriptor)
            throw FileError(path: path, doing: "read")
        }
        size = Int64(information.st_size)
    }

    deinit {
        close(descriptor)
    }

    func read(at offset: Int64, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        var failure: Int32 = 0
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            while true {
                let got = unsafe pread(descriptor, bytes.baseAddress, count, off_t(offset))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                return max(0, got)
            }
        }
        guard failure == 0 else { throw IOError(errnoCode: failure, reason: "pread") }
        return buffer
    }
}
