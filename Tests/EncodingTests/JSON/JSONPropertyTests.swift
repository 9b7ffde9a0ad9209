internal import BaseTestSupport
import Encoding
import Foundation
import Testing

/// Documents that chance writes, whole and broken.
@Suite struct JSONPropertyTests {
    private static let texts = ["", "a", "é", "e\u{301}", "\"\\/\n", "\u{2028}", "<&>", "💡", "\u{0}", "\u{FFFD}"]
    private static let numbers = ["0", "-0", "1", "-12.50", "1e5", "1E-7", "9223372036854775807", "0.1"]

    private static func value(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 5 : 3), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2: .number(numbers.randomElement(using: &random) ?? "0")
        case 3: .string(texts.randomElement(using: &random) ?? "")
        case 4: .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            .object(
                (0..<Int.random(in: 0...4, using: &random)).map { number in
                    .init("\(number)" + (texts.randomElement(using: &random) ?? ""), value(&random, depth: depth - 1))
                })
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func document_IsReadAsItWasWritten_HereAndByFoundation(seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed)
        let value = Self.value(&random, depth: 5)
        let bytes = value.encoded()
        #expect(try JSONValue(parsing: bytes) == value)
        #expect(try JSONValue(parsing: bytes).encoded() == bytes, "canonical text stays")
        var scanner = try JSONScanner(bytes)
        try scanner.skipValue()
        try scanner.finish()
        _ = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    }

    @Test(arguments: 0..<30 as Range<UInt64>) func truncatedDocument_IsRefused(seed: UInt64) {
        var random = SeededGenerator(seed)
        let value = JSONValue.array([Self.value(&random, depth: 4), .string("end")])
        for broken in Damage.beginnings(of: value.encoded()) {
            #expect(throws: MessageError.self) { try JSONValue(parsing: broken) }
        }
    }

    /// With one bit changed it is refused or another document; what is read can be written and read again.
    @Test(arguments: 0..<10 as Range<UInt64>) func flippedBit_IsReadOrRefused(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let bytes = JSONValue.array([Self.value(&random, depth: 3)]).encoded()
        for broken in Damage.bitFlips(of: bytes) {
            guard let read = try? JSONValue(parsing: broken) else { continue }
            #expect(try JSONValue(parsing: read.encoded()) == read)
        }
    }

    /// White space may stand around every token, and changes nothing.
    @Test func whiteSpaceBetweenTokens_ChangesNothing() throws {
        let tokens = ["{", "\"a\"", ":", "[", "1", ",", "true", ",", "null", "]", ",", "\"b\"", ":", "{", "}", "}"]
        let plain = try JSONValue(parsing: Array(tokens.joined().utf8))
        for blank in [" ", "\n", "\r\n", "\t", " \t\n\r "] {
            let text = blank + tokens.joined(separator: blank) + blank
            #expect(try JSONValue(parsing: Array(text.utf8)) == plain)
        }
        for other in ["\u{B}", "\u{C}", "\u{A0}", "\u{0}", "/**/"] {
            #expect(throws: MessageError.self) { try JSONValue(parsing: Array(tokens.joined(separator: other).utf8)) }
        }
    }
}
