/// What happens to bytes on their way.
package enum Damage {
    /// Every beginning that is shorter than the whole, the empty one first.
    package static func beginnings(of bytes: [UInt8]) -> [[UInt8]] {
        (0..<bytes.count).map { Array(bytes[..<$0]) }
    }

    /// The bytes with one of them changed, for each place and each mask that is combined with the byte there.
    package static func flips(of bytes: [UInt8], masks: [UInt8] = [0x01, 0x20, 0x80, 0xFF]) -> some Sequence<[UInt8]> {
        bytes.indices.lazy.flatMap { place in
            masks.lazy.map { mask in
                var changed = bytes
                changed[place] ^= mask
                return changed
            }
        }
    }

    /// The bytes with one bit changed, each bit of each byte in turn.
    package static func bitFlips(of bytes: [UInt8]) -> [[UInt8]] {
        Array(flips(of: bytes, masks: (0..<8).map { 1 << $0 }))
    }

    /// The bytes in two pieces, for each place where they may be cut.
    package static func cuts(of bytes: [UInt8]) -> some Sequence<[[UInt8]]> {
        (0...bytes.count).lazy.map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    }

    /// The bytes in pieces of random lengths, the longest of `limit`.
    package static func pieces(
        of bytes: [UInt8], upTo limit: Int, using generator: inout SeededGenerator
    ) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...limit, using: &generator))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }
}
