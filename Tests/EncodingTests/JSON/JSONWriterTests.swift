import Encoding
import Foundation
import Testing

/// The canonical form (docs/protocols/idprov.md 7), with Foundation as the reader.
@Suite struct JSONWriterTests {
    private static func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func members_AreInTheOrderOfTheCalls_OnOneLine() {
        let text = Self.text { writer in
            writer.object {
                $0.member("b", "x")
                $0.member("a", 1)
                $0.member("c", true)
                $0.name("d")
                $0.null()
                $0.name("e")
                $0.array {
                    $0.integer(.min)
                    $0.bool(false)
                    $0.number("1.50")
                    $0.string("y")
                    $0.array { _ in }
                    $0.object { _ in }
                }
                $0.name("f")
                $0.object { $0.member("", "") }
            }
        }
        #expect(
            text
                == #"{"b":"x","a":1,"c":true,"d":null,"e":[-9223372036854775808,false,1.50,"y",[],{}],"f":{"":""}}"#)
    }

    @Test func singleValue_StandsAlone() {
        #expect(Self.text { $0.string("") } == "\"\"" && Self.text { $0.null() } == "null")
        #expect(Self.text { $0.integer(0) } == "0" && Self.text { $0.integer(.max) } == "9223372036854775807")
        #expect(Self.text { $0.bool(true) } == "true" && Self.text { $0.number("-0") } == "-0")
        #expect(Self.text { $0.object { _ in } } == "{}" && Self.text { $0.array { _ in } } == "[]")
    }

    @Test func commas_StandBetweenValuesOnly_AfterNestedOnesToo() {
        let text = Self.text { writer in
            writer.array {
                $0.array { $0.integer(1) }
                $0.object { $0.member("a", "b") }
                $0.integer(2)
                $0.array { _ in }
            }
        }
        #expect(text == #"[[1],{"a":"b"},2,[]]"#)
    }

    /// Every scalar of the first planes, in names and in strings: another reader gets it back.
    @Test func everyCharacter_IsReadBackByFoundation() throws {
        let ranges: [ClosedRange<UInt32>] = [
            0...0x2FF, 0x2000...0x206F, 0xD7F0...0xD7FF, 0xFE00...0xFFFF, 0x1F500...0x1F5FF,
        ]
        let text = String(
            String.UnicodeScalarView(ranges.flatMap { $0 }.compactMap(Unicode.Scalar.init)))
        let document = Self.text { writer in writer.object { $0.member("n\(text)", text) } }
        let read = try #require(
            JSONSerialization.jsonObject(with: Data(document.utf8)) as? [String: String])
        #expect(read["n\(text)"].map { Array($0.utf8) } == Array(text.utf8))
        let own = try JSONValue(parsing: Array(document.utf8))
        #expect(own["n\(text)"]?.string.map { Array($0.utf8) } == Array(text.utf8))
        #expect(!document.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "<") }, "safe in a page and on one line")
    }

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("\"", "\\\""), ("\\", "\\\\"), ("/", "/"), ("<>&", "\\u003c\\u003e\\u0026"),
        ("\u{0}", "\\u0000"), ("\u{1f}", "\\u001f"), ("\u{7f}", "\u{7f}"), ("a\u{2028}b", "a\\u2028b"),
        ("\u{2029}", "\\u2029"), ("\u{2027}\u{202A}", "\u{2027}\u{202A}"), ("\u{E2}", "\u{E2}"),
        ("\n\r\t", "\\n\\r\\t"),
        ("\u{8}\u{c}", "\\u0008\\u000c"), ("💡", "💡"), ("\u{2028}\u{2029}\u{2028}", "\\u2028\\u2029\\u2028"),
    ])
    func text_IsEscapedWhereItMust(text: String, escaped: String) {
        var bytes = Array("=".utf8)
        JSONText.escape(text, into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "=" + escaped)
    }
}
