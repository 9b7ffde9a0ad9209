internal import Encoding
import Testing

/// Text that strangers chose, on its way to a person's screen.
@Suite struct PlainTextTests {
    /// Everything that acts: C0, DEL, C1 (CSI among them), bidirectional marks, separators, joiners, tags.
    static let acting =
        "\u{0}\u{7}\u{1B}\n\r\t\u{7F}\u{80}\u{9B}\u{9F}\u{AD}\u{61C}\u{200B}\u{200D}\u{200E}\u{200F}\u{2028}"
        + "\u{2029}\u{202A}\u{202E}\u{2066}\u{2069}\u{FEFF}\u{E0001}"
        + "\u{34F}\u{3164}\u{FE0F}\u{E0100}\u{FFA0}\u{180B}\u{1160}\u{2800}"
    static let seen = "lamp-1 äöü é日本語 ±€ ~ ' \" 💡"

    @Test func whatActs_IsAQuestionMark() {
        for scalar in Self.acting.unicodeScalars {
            #expect(PlainText.of("a\(scalar)b") == "a?b")
            #expect(!PlainText.isPlain("a\(scalar)b"))
        }
        #expect(PlainText.of(Self.seen) == Self.seen && PlainText.isPlain(Self.seen))
        #expect(PlainText.of("a\nb\r\nc\u{9B}", keeping: "\n") == "a\nb?\nc?")
        #expect(PlainText.of("a" + String(repeating: "\u{301}", count: 9000), limit: 3).unicodeScalars.count == 3)
    }

    @Test func json_StaysTheSameDocument_AndActsNoMore() throws {
        for scalar in Self.acting.unicodeScalars where scalar.value >= 0x20 {
            var writer = JSONWriter()
            writer.object { $0.member("mac", "x\(scalar)y") }
            let document = String(decoding: writer.bytes, as: UTF8.self)
            let escaped = PlainText.json(document)
            #expect(PlainText.isPlain(escaped), "\(escaped)")
            #expect(try JSONValue(parsing: Array(escaped.utf8))["mac"]?.string == "x\(scalar)y")
        }
        let pretty = "{\n  \"a\" : \"\(Self.seen.filter { $0 != "\"" })\"\n}\n"
        #expect(PlainText.json(pretty) == pretty)
        #expect(PlainText.json("\u{9B}\u{202E}\u{E0001}") == #"\u009b\u202e\udb40\udc01"#)
    }

    @Test(arguments: [
        ("00:11:22:33:44:55", true), ("aa-BB-cc-DD-ee-FF", true), ("001122aabbcc", true),
        ("00:11:22:ff:fe:33:44:55", true), ("", false), ("00:11:22:33:44", false), ("00:11-22:33:44:55", false),
        ("00:11:22:33:44:5g", false), ("00:11:22:33:44:55:66", false), ("\u{9B}31m0:11:22:33:44:5", false),
        ("00:11:22:33:44:55\n", false), ("0٠:11:22:33:44:55", false), ("not an address", false),
    ])
    func macAddress_IsValidOrNot(text: String, isValid: Bool) {
        #expect(LinkLayerAddress.isValid(text) == isValid)
    }
}
