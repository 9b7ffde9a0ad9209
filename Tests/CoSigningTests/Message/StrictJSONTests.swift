import BaseTestSupport
import Encoding
import Testing

@testable import CoSigning

/// What is JSON here beyond the shared cases.
@Suite struct StrictJSONTests {
    @Test func numbers_HaveFortyCharactersAtMost() {
        let forty = String(repeating: "1", count: 40)
        for (document, isValid) in [
            (forty, true), (forty + "1", false), ("[\(forty)]", true), ("[[\(forty)1]]", false),
            ("{\"a\":{\"b\":\(forty)1}}", false), ("-" + forty.dropLast(), true), ("-" + forty, false),
            ("0." + forty.dropLast(2), true), ("0." + forty.dropLast(), false), ("\"\(forty)1\"", true),
        ] {
            #expect((StrictJSON.parse(Array(document.utf8)) != nil) == isValid, "\(document)")
        }
    }

    @Test(arguments: 0...31) func rawControlCharacter_IsRefusedInText(_ byte: UInt8) {
        #expect(StrictJSON.parse([0x22, 0x61, byte, 0x22]) == nil)
        #expect(StrictJSON.parse(Array("{\"a".utf8) + [byte] + Array("\":1}".utf8)) == nil)
    }

    /// Bytes that are no UTF-8: overlong, cut, surrogates, beyond Unicode.
    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xFE],
        ] as [[UInt8]])
    func bytesThatAreNoUTF8_AreRefused(_ bytes: [UInt8]) {
        #expect(StrictJSON.parse([0x22] + bytes + [0x22]) == nil)
        #expect(StrictJSON.parse(Array("{\"".utf8) + bytes + Array("\":1}".utf8)) == nil)
    }

    @Test(arguments: [
        (#""\ud83d\ude00""#, true), (#""\uD83D\uDE00""#, true), (#""\ud83d""#, false), (#""\ude00\ud83d""#, false),
        (#""\ud83d\ud83d\ude00""#, false), (#""\ud83d\\ude00""#, false), (#""\\ud83d""#, true),
        (#""\\\ud83d""#, false), (#""\ud83dx\ude00""#, false), (#""\ud83d\u0041""#, false), (#""\ud7ff\ue000""#, true),
        (#""\ud83d\ude00\ude00""#, false), (#"{"\ud800":1}"#, false), (#""\ud83d\ude0""#, false), (#""\"#, false),
        (#""\ud83d\n""#, false), (#""\ufffd""#, true), (#""\uDBFF\uDFFF""#, true), (#""\uDBFF\uE000""#, false),
    ])
    func escapedSurrogates_ComeInPairs(_ document: String, _ isValid: Bool) {
        #expect((StrictJSON.parse(Array(document.utf8)) != nil) == isValid)
    }

    /// Names are compared after their escapes, at every level, and by bytes.
    @Test(arguments: [
        (#"{"a":{"b":1,"b":1}}"#, false), (#"[{"a":1,"\u0061":1}]"#, false), (#"{"":1,"":2}"#, false),
        (#"{"a":[{"x":{},"\u0078":{}}]}"#, false), (#"{"é":1,"\u00e9":2}"#, false), ("{\"e\u{301}\":1,\"é\":2}", true),
        (#"{"a":1,"A":1}"#, true), (#"{"a":{"a":{"a":1}}}"#, true),
    ])
    func duplicateNames_AreRefusedAtEveryLevel(_ document: String, _ isValid: Bool) {
        #expect((StrictJSON.parse(Array(document.utf8)) != nil) == isValid)
    }

    @Test func longestDocument_IsRead() {
        let space = [UInt8](repeating: 0x20, count: 65_534)
        #expect(StrictJSON.parse(Array("{}".utf8) + space) != nil)
        #expect(StrictJSON.parse(Array("{}".utf8) + space + [0x20]) == nil)
    }

    /// As many values as its bytes hold: the bytes are the limit.
    @Test func documentOfManyValues_IsRead() {
        let document = "[" + String(repeating: "1,", count: 30_000) + "1]"
        #expect(StrictJSON.parse(Array(document.utf8))?.array?.count == 30_001)
    }

    @Test func anythingButAnObject_IsNoObject() {
        for document in ["[]", "\"{}\"", "1", "null", "true", ""] {
            #expect(StrictJSON.object(Array(document.utf8)) == nil)
        }
        #expect(StrictJSON.object(Array("{}".utf8)) == [:])
    }

    @Test(
        arguments: [
            ("0", 0), ("1893456000", 1_893_456_000), ("1893456000.0", 1_893_456_000), ("1.999", 1), ("0.0", 0),
            ("253402300799", 253_402_300_799), ("253402300799.9", 253_402_300_799), ("253402300800", nil), ("-1", nil),
            ("-0", nil), ("-0.5", nil), ("1e9", nil), ("1E9", nil), ("1.0e3", nil), ("9223372036854775808", nil),
        ] as [(String, Int64?)])
    func time_IsAWholeNumberOrADecimal(_ text: String, _ seconds: Int64?) {
        #expect(JSONValue.number(text).moment == seconds)
    }

    @Test(arguments: ["42.0", "4.2e1", "1e2", "18446744073709551616", "-18446744073709551616"])
    func roundedNumber_IsNoPlainInteger(_ text: String) {
        #expect(JSONValue.number(text).plainInteger == nil)
        #expect(JSONValue.number(text).plainUnsigned == nil)
        #expect(JSONValue.number(text).plainMoment == nil)
    }

    @Test func textAndOthers_AreNoNumbers() {
        for value: JSONValue in ["42", true, .null, [42], ["n": 42]] {
            #expect(value.plainInteger == nil)
            #expect(value.plainUnsigned == nil)
            #expect(value.moment == nil)
        }
    }

    /// What is read can be written and read again, and is the same.
    @Test func randomDocuments_SurviveBeingWrittenAndRead() {
        var generator = SeededGenerator(15)
        for _ in 0..<300 {
            let value = Self.document(&generator, depth: 6)
            #expect(StrictJSON.parse(value.encoded()) == value)
        }
    }

    private static func document(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case 3: return .string(generator.text(0...12))
        case 4:
            let count = Int.random(in: 0...4, using: &generator)
            return .array((0..<count).map { _ in document(&generator, depth: depth - 1) })
        default:
            let count = Int.random(in: 0...4, using: &generator)
            return .object((0..<count).map { .init("\($0)", document(&generator, depth: depth - 1)) })
        }
    }
}
