/// SplitMix64: random numbers that are the same for the same seed, so that a property that fails fails in every run.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(_ seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension SeededGenerator {
    /// Bytes of any value.
    package mutating func bytes(_ count: Int) -> [UInt8] { bytes(count...count) }

    /// Bytes of any value, as many as `count` allows.
    package mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: count, using: &self)).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    /// Text of characters that parsers and writers treat differently: quotes, controls, separators, one to four bytes.
    package mutating func text(_ count: ClosedRange<Int>) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "0", " ", "\"", "\\", "/", "<", "&", ",", ";", "=", "%", "{", "\n", "\r", "\t", "\u{1}", "\u{7F}",
            "é", "e", "\u{301}", "\u{2028}", "\u{2029}", "温", "\u{FFFD}", "\u{1F511}",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: count, using: &self) { text.append(alphabet.randomElement(using: &self) ?? "a") }
        return String(text)
    }

    /// One of several values.
    package mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &self)]
    }
}
