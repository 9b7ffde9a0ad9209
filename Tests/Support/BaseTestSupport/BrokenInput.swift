/// Ways in which bytes from outside are not what they were.
package enum BrokenInput {
    /// Every beginning that is shorter than the whole.
    package static func truncated(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.map { Array(bytes[..<$0]) }
    }

    /// The whole with one bit changed, each bit of each byte in turn.
    package static func flipped(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.flatMap { index in
            (0..<8).map { bit in
                var altered = bytes
                altered[index] ^= 1 << UInt8(bit)
                return altered
            }
        }
    }
}
