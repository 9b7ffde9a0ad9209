internal import Encoding
import Testing

@Suite struct JSONScannerTests {
    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{\"a\":1,}", "[1 2]", "01", "-", "1.", ".5", "1e",
        "+1",
        "nul", "truex", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "\"a\u{0}b\"", "1 1",
        "{} {}", "//",
        "\u{FEFF}{}", "'a'", "NaN", "[1,,2]", "{\"a\":1 \"b\":2}",
    ]) func brokenDocument_IsRefused(_ text: String) {
        #expect(throws: MessageError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test(arguments: ["0", "-0", "10", "-1.25e+10", "1E5", "true", "null", "\"\"", "[]", "{}", "[[],{\"a\":[1]}]"])
    func goodDocument_IsReadAndWrittenBack(_ text: String) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)).encoded() == Array(text.utf8))
    }

    @Test(arguments: [
        "1e400", "-1e400", "1E+309", "1.8e308", "[[1e999999999]]", "{\"a\":1e400}",
        "1" + String(repeating: "0", count: 309), "-" + String(repeating: "9", count: 400) + ".5",
    ])
    func numberBeyondADouble_IsRefused(_ text: String) {
        #expect {
            try JSONValue(parsing: Array(text.utf8))
        } throws: { error in
            if case MessageError.numberTooLarge = error { true } else { false }
        }
    }

    @Test(arguments: [
        "1e308", "-1.7976931348623157e308", "1e-400", "0e400", "1" + String(repeating: "0", count: 308),
        "123456789012345678901234567890",
    ])
    func numberOfManyDigits_KeepsThem(_ text: String) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == .number(text))
    }

    @Test func nameThatStandsTwice_IsRefused_OrTheLastOneCounts() throws {
        let text = Array(#"{"a":1,"b":{"c":2,"\u0063":3},"a":4}"#.utf8)
        #expect(throws: MessageError.duplicateMember("of an object")) { try JSONValue(parsing: text) }
        let value = try JSONValue(parsing: text, repetition: .lastCounts)
        #expect(value.encoded() == Array(#"{"a":4,"b":{"c":3}}"#.utf8))
        // Two spellings of a letter are two names.
        let spellings = Array(#"{"\u00e9":1,"e\u0301":2}"#.utf8)
        #expect(try JSONValue(parsing: spellings).members?.count == 2)
    }

    @Test func whiteSpace_IsSkipped() throws {
        let value = try JSONValue(parsing: Array(" \r\n\t{ \"a\" : [ 1 , true ] } \n".utf8))
        #expect(value == .object([.init("a", .array([.number("1"), .bool(true)]))]))
    }

    @Test(arguments: [
        (#""\ud83d\udd11""#, "🔑"), (#""\ud83d""#, "\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"), (#""\udd11""#, "\u{FFFD}"),
        (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\udd11""#, "\u{FFFD}🔑"),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (#""\u00e9\u20AC""#, "é€"),
    ]) func escapes_AreDecoded(_ text: String, _ expected: String) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == .string(expected))
    }

    @Test(
        arguments: [
            ([0xFF], 1), ([0xC0, 0xAF], 2), ([0xE2, 0x82], 2), ([0xED, 0xA0, 0x80], 3), ([0xF5, 0x80, 0x80, 0x80], 4),
            ([0x80], 1),
            ([0xF0, 0x9F, 0x94], 3), ([0xE0, 0x80, 0x80], 3),
        ] as [([UInt8], Int)]) func badUTF8_BecomesOneReplacementPerByte(_ bytes: [UInt8], _ count: Int) throws
    {
        let value = try JSONValue(parsing: [0x22, 0x61] + bytes + [0x62, 0x22])
        #expect(value == .string("a" + String(repeating: "\u{FFFD}", count: count) + "b"))
    }

    @Test func truncatedUTF8_AtTheEndOfTheDocumentIsRefused() {
        #expect(throws: MessageError.self) { try JSONValue(parsing: [0x22, 0xE2, 0x82]) }
    }

    @Test func depth_IsLimited() throws {
        let deepest = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
        _ = try JSONValue(parsing: Array(deepest.utf8))
        #expect(throws: MessageError.tooDeep(limit: 16)) { try JSONValue(parsing: Array("[\(deepest)]".utf8)) }
        let flood = [UInt8](repeating: UInt8(ascii: "["), count: 60000)
        #expect(throws: MessageError.tooDeep(limit: 16)) { try JSONValue(parsing: flood) }
    }

    @Test func size_IsLimited() {
        #expect(throws: MessageError.tooLarge(limit: 65536)) {
            try JSONValue(parsing: [UInt8](repeating: 0x20, count: 65537))
        }
    }

    @Test func numberOfValues_IsLimited() throws {
        let many = "[" + repeatElement("1", count: 1023).joined(separator: ",") + "]"
        _ = try JSONValue(parsing: Array(many.utf8))
        let tooMany = "[" + repeatElement("1", count: 1024).joined(separator: ",") + "]"
        #expect(throws: MessageError.tooManyValues(limit: 1024)) { try JSONValue(parsing: Array(tooMany.utf8)) }
    }

    @Test func duplicateName_IsRefused() {
        #expect(throws: MessageError.self) { try JSONValue(parsing: Array(#"{"a":1,"\u0061":2}"#.utf8)) }
    }

    @Test func canonicalEscapes_AreThoseOfTheProtocol() {
        var writer = JSONWriter()
        writer.string("\"\\/\n\r\t\u{8}\u{c}\u{1}\u{1f}<>&\u{2028}\u{2029}\u{7f}é\u{2027}\u{a8}😀")
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #""\"\\/\n\r\t\u0008\u000c\u0001\u001f\u003c\u003e\u0026\u2028\u2029"# + "\u{7f}é\u{2027}\u{a8}😀\"")
    }
}
