internal import BaseTestSupport
import Encoding
import Testing

/// Well-formed sequences (Unicode, table 3-7), with Swift's own validation as the judge.
@Suite struct UTF8SequenceTests {
    /// Length of the first character by Swift's validation, 0 when these bytes begin with no multi-byte one.
    private static func expected(_ bytes: [UInt8]) -> Int {
        guard bytes[0] >= 0x80 else { return 0 }
        return (2...4).first { $0 <= bytes.count && String(validating: bytes.prefix($0), as: UTF8.self) != nil } ?? 0
    }

    @Test func everyPairOfBytes_IsJudgedRight() {
        for first in UInt8.min ... .max {
            for second in UInt8.min ... .max
            where UTF8Sequence.length(in: [first, second], at: 0) != Self.expected([first, second]) {
                Issue.record("\(first) \(second)")
            }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func longerSequences_AreJudgedRight(seed: UInt64) {
        var random = SeededGenerator(seed)
        for _ in 0..<2000 {
            var bytes = random.bytes(5)
            bytes[0] |= 0xC0
            // Mostly continuation bytes, or nothing would ever be well-formed.
            for index in 1...3 where !UInt8.random(in: 0..<8, using: &random).isMultiple(of: 8) {
                bytes[index] = bytes[index] & 0x3F | 0x80
            }
            #expect(UTF8Sequence.length(in: [0x20] + bytes, at: 1) == Self.expected(bytes), "\(bytes)")
        }
    }

    @Test(arguments: [[0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x92], [0xE2], [0xF0], [0xF4, 0x8F, 0xBF]] as [[UInt8]])
    func sequenceThatTheEndCuts_IsNone(bytes: [UInt8]) {
        #expect(UTF8Sequence.length(in: bytes, at: 0) == 0)
    }

    @Test func everyCodePoint_IsWrittenAsSwiftWritesIt() {
        for code in [0..<0xD800 as Range<UInt32>, 0xE000..<0x110000] {
            for value in code where value % 7 == 0 || value & 0x3F == 0 || value & 0x3F == 0x3F {
                var text: [UInt8] = []
                UTF8Sequence.append(value, to: &text)
                guard let scalar = Unicode.Scalar(value), text == Array(String(scalar).utf8) else {
                    Issue.record("U+\(String(value, radix: 16))")
                    return
                }
            }
        }
        #expect(String(decoding: UTF8Sequence.replacement, as: UTF8.self) == "\u{FFFD}")
    }
}
