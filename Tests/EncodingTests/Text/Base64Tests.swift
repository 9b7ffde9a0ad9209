internal import BaseTestSupport
import Encoding
import Foundation
import Testing

/// RFC 4648: both alphabets, and nothing but the canonical form.
@Suite struct Base64Tests {
    /// Section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func examplesOfTheStandard_AreReproduced(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
        #expect(Base64URL.encode(Array(text.utf8)) == encoded.filter { $0 != "=" })
        #expect(Base64URL.decode(encoded.filter { $0 != "=" }) == Array(text.utf8))
    }

    @Test func alphabets_DifferInTwoDigits() {
        #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//" && Base64URL.encode([0xFB, 0xEF, 0xFF]) == "--__")
        #expect(Base64.decode("++//") == [0xFB, 0xEF, 0xFF] && Base64URL.decode("--__") == [0xFB, 0xEF, 0xFF])
        #expect(Base64.decode("--__") == nil && Base64URL.decode("++//") == nil && Base64URL.decode("+-_/") == nil)
    }

    /// Foundation encodes and decodes the same.
    @Test(arguments: 0..<100 as Range<Int>) func bytes_RoundTrip(count: Int) {
        var random = SeededGenerator(UInt64(count))
        let bytes = random.bytes(count)
        let text = Base64.encode(bytes)
        #expect(text == Data(bytes).base64EncodedString())
        #expect(Base64.decode(text) == bytes && Base64.decode(Array(text.utf8)) == bytes)
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        #expect(!Base64URL.encode(bytes).contains { "+/=".contains($0) })
        let lines = Base64.encode(bytes, lineLength: 64)
        #expect(
            lines == Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
                + (bytes.isEmpty ? "" : "\n"))
        #expect(Base64.decodeLenient(lines) == bytes)
    }

    @Test(arguments: [
        "A", "AB", "ABC", "AB==C", "AB=", "====", "A===", "AB\nCD", "AB D", "_-AA", "AB=A", "AB==AB==", "AAB=x", "=",
        "==", "===", "AA==\n", " AA==", "AAAA=", "AAAA==", "AAAA====", "AÄ==", "A\u{0}==", "QQ=\u{301}=",
    ])
    func whatIsNoBase64_IsRefused(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    /// Bits behind the last byte must be zero, or two texts would stand for the same bytes.
    @Test(arguments: ["AB==", "AC==", "AP==", "A/==", "AAB=", "AAC=", "AAD=", "Zh==", "Zm9="])
    func strayBits_AreRefused(text: String) {
        #expect(Base64.decode(text) == nil)
        #expect(Base64URL.decode(text.filter { $0 != "=" }) == nil)
    }

    /// Of all texts of two and three digits, as many are read as there are values of one and two bytes.
    @Test func eachValue_HasExactlyOneText() {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let pairs = digits.flatMap { one in digits.map { [one, $0] } }
        #expect(pairs.compactMap { Base64.decode($0 + Array("==".utf8)) }.count == 256)
        let triples = pairs.flatMap { pair in digits.map { pair + [$0] } }
        #expect(triples.count { Base64.decode($0 + Array("=".utf8)) != nil } == 65_536)
    }

    @Test(arguments: ["Z g\t=\r\n=", "\nZg==\n", "Zg==  ", "Z\ng\n=\n="]) func whiteSpace_IsLeftOutWhereItMay(
        text: String
    ) {
        #expect(Base64.decodeLenient(text) == [0x66] && Base64.decode(text) == nil)
    }

    @Test(arguments: ["Z\u{B}g==", "Z\u{A0}g==", "Zg", "Z-g=", "Zg==!"]) func otherCharacters_AreNot(text: String) {
        #expect(Base64.decodeLenient(text) == nil)
    }

    @Test(arguments: ["A", "AAAAA", "AA==", "AAA=", "A A", "AA\n", "AA.", "AA+A", "AA/A", "Ä"])
    func urlForm_HasNoPadding(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: [1, 4, 63, 64, 65, 76, 1000]) func lines_AreAsLongAsAsked_AndEachEnds(length: Int) {
        let text = Base64.encode([UInt8](repeating: 0, count: 96), lineLength: length)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == "" && lines.dropLast(2).allSatisfy { $0.utf8.count == length })
        #expect(lines.joined() == String(repeating: "A", count: 128))
        #expect((1...length).contains(lines.dropLast().last?.utf8.count ?? 0))
    }
}
