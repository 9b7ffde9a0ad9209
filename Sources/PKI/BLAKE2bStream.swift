/// BLAKE2b (RFC 7693) without a key and with 32 bytes of output, of something that arrives in parts.
///
/// Written out here because the OpenSSL of Debian 12 gives 64 bytes only: the length is part of what is hashed, so
/// that the shorter digest is no beginning of the longer one.
package struct BLAKE2bStream {
    /// Bytes of the digest.
    package static let length = 32

    private static let blockLength = 128
    /// RFC 7693 section 2.6: the same numbers as in SHA-512.
    private static let start: [UInt64] = [
        0x6A09_E667_F3BC_C908, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1,
        0x510E_527F_ADE6_82D1, 0x9B05_688C_2B3E_6C1F, 0x1F83_D9AB_FB41_BD6B, 0x5BE0_CD19_137E_2179,
    ]
    /// RFC 7693 section 2.7; the last two rounds take the first two rows again.
    private static let order: [UInt8] = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
    ]

    private var state: [UInt64]
    /// What has come of the block that is not hashed yet. The last block is hashed in another way than the others, so
    /// a whole one waits here until more comes.
    private var block: [UInt8] = []
    /// Bytes hashed.
    private var count: UInt64 = 0

    package init() {
        state = Self.start
        // Digest length, no key, no tree: the first word of the parameter block, RFC 7693 section 2.5.
        state[0] ^= 0x0101_0000 | UInt64(Self.length)
        block.reserveCapacity(Self.blockLength)
    }

    /// The digest of bytes that are there as a whole.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var stream = BLAKE2bStream()
        stream.update(bytes[...])
        return stream.finish()
    }

    /// Takes the next part.
    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes { part in
            var used = 0
            while used < part.count {
                if block.count == Self.blockLength {
                    let whole = block
                    unsafe whole.withUnsafeBytes { unsafe compress($0, length: Self.blockLength, isLast: false) }
                    block = []
                }
                // Whole blocks are read where they are; the last one waits.
                while block.isEmpty, part.count - used > Self.blockLength {
                    unsafe compress(
                        UnsafeRawBufferPointer(rebasing: part[used..<(used + Self.blockLength)]),
                        length: Self.blockLength, isLast: false)
                    used += Self.blockLength
                }
                let taken = min(Self.blockLength - block.count, part.count - used)
                unsafe block.append(contentsOf: part[used..<(used + taken)])
                used += taken
            }
        }
    }

    /// The 32 bytes of all parts; nothing can follow.
    package mutating func finish() -> [UInt8] {
        let length = block.count
        let last = block + [UInt8](repeating: 0, count: Self.blockLength - length)
        unsafe last.withUnsafeBytes { unsafe compress($0, length: length, isLast: true) }
        return state.prefix(Self.length / 8).flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
    }

    /// RFC 7693 section 3.2.
    private mutating func compress(_ block: UnsafeRawBufferPointer, length: Int, isLast: Bool) {
        count &+= UInt64(length)
        unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 32) { words in
            guard let work = words.baseAddress else { return }
            let message = unsafe work + 16
            for index in 0..<8 {
                unsafe work[index] = state[index]
                unsafe work[8 + index] = Self.start[index]
            }
            // The upper half of the count stays 0: nobody hashes 2^64 bytes.
            unsafe work[12] ^= count
            if isLast { unsafe work[14] = ~work[14] }
            for index in 0..<16 {
                let word = unsafe block.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                unsafe message[index] = UInt64(littleEndian: word)
            }
            unsafe Self.order.withUnsafeBufferPointer { order in
                for round in 0..<12 { unsafe Self.mix(work, message, order, 16 * round) }
            }
            for index in 0..<8 { unsafe state[index] ^= work[index] ^ work[8 + index] }
        }
    }

    /// One round: columns, then diagonals.
    @inline(__always)
    private static func mix(
        _ work: UnsafeMutablePointer<UInt64>, _ message: UnsafeMutablePointer<UInt64>,
        _ order: UnsafeBufferPointer<UInt8>, _ row: Int
    ) {
        unsafe mix(work, 0, 4, 8, 12, message[Int(order[row])], message[Int(order[row + 1])])
        unsafe mix(work, 1, 5, 9, 13, message[Int(order[row + 2])], message[Int(order[row + 3])])
        unsafe mix(work, 2, 6, 10, 14, message[Int(order[row + 4])], message[Int(order[row + 5])])
        unsafe mix(work, 3, 7, 11, 15, message[Int(order[row + 6])], message[Int(order[row + 7])])
        unsafe mix(work, 0, 5, 10, 15, message[Int(order[row + 8])], message[Int(order[row + 9])])
        unsafe mix(work, 1, 6, 11, 12, message[Int(order[row + 10])], message[Int(order[row + 11])])
        unsafe mix(work, 2, 7, 8, 13, message[Int(order[row + 12])], message[Int(order[row + 13])])
        unsafe mix(work, 3, 4, 9, 14, message[Int(order[row + 14])], message[Int(order[row + 15])])
    }

    /// RFC 7693 section 3.1.
    @inline(__always)
    private static func mix(
        _ work: UnsafeMutablePointer<UInt64>, _ a: Int, _ b: Int, _ c: Int, _ d: Int, _ x: UInt64, _ y: UInt64
    ) {
        unsafe work[a] = work[a] &+ work[b] &+ x
        unsafe work[d] = rotated(work[d] ^ work[a], 32)
        unsafe work[c] = work[c] &+ work[d]
        unsafe work[b] = rotated(work[b] ^ work[c], 24)
        unsafe work[a] = work[a] &+ work[b] &+ y
        unsafe work[d] = rotated(work[d] ^ work[a], 16)
        unsafe work[c] = work[c] &+ work[d]
        unsafe work[b] = rotated(work[b] ^ work[c], 63)
    }

    @inline(__always)
    private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &>> bits | word &<< (64 &- bits) }
}
