internal import CZlib

/// Inflates deflated bytes (RFC 1951) part by part. It keeps the 32 KiB that the format refers back to, and nothing of
/// what it was given.
@safe final class Inflater {
    /// What became of some input.
    struct Step {
        var output: [UInt8]
        /// Bytes of the input that were used.
        var used: Int
        /// Whether the stream has ended, with the last byte used.
        var isEnd: Bool
    }

    // zlib notes the address of its own state, so that this must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool

    init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe isReady = shim_inflate_start(stream) == Z_OK
    }

    deinit {
        if isReady { unsafe _ = inflateEnd(stream) }
        unsafe stream.deallocate()
    }

    /// Inflates until the input is used, the room is full, or the stream ends.
    ///
    /// - Parameter room: most bytes of output, more than 0.
    /// - Returns: `nil` for bytes that are no such stream.
    func inflate(_ input: ArraySlice<UInt8>, room: Int) -> Step? {
        guard isReady else { return nil }
        var result = Z_OK
        var used = 0
        let output = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            unsafe input.withUnsafeBufferPointer { bytes in
                // zlib only reads there; its declaration is older than const.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(bytes.count)
                unsafe stream.pointee.next_out = buffer.baseAddress
                unsafe stream.pointee.avail_out = UInt32(room)
                unsafe result = CZlib.inflate(stream, Z_NO_FLUSH)
                unsafe used = bytes.count - Int(stream.pointee.avail_in)
                unsafe filled = room - Int(stream.pointee.avail_out)
                unsafe stream.pointee.next_in = nil
                unsafe stream.pointee.next_out = nil
            }
        }
        // A buffer error means that nothing could be done now: without more input it is the caller's to say.
        guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { return nil }
        return Step(output: output, used: used, isEnd: result == Z_STREAM_END)
    }
}

/// The checksum of zip.
struct ZipChecksum {
    private(set) var value: UInt32 = 0

    mutating func update(_ bytes: [UInt8]) {
        value = unsafe UInt32(truncatingIfNeeded: crc32(UInt(value), bytes, UInt32(bytes.count)))
    }
}
