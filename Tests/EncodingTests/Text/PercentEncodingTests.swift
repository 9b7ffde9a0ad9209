internal import BaseTestSupport
import Encoding
import Foundation
import Testing

/// One segment of a path (RFC 3986 section 2).
@Suite struct PercentEncodingTests {
    @Test(arguments: [
        ("", ""), ("d1", "d1"), ("AZaz09-._~", "AZaz09-._~"), ("a b", "a%20b"), ("a/b", "a%2Fb"), ("50%", "50%25"),
        ("AA:BB", "AA%3ABB"), ("é", "%C3%A9"), ("e\u{301}", "e%CC%81"), ("💡", "%F0%9F%92%A1"), ("a\u{0}b", "a%00b"),
        ("?#[]@!$&'()*+,;=", "%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D"), ("..", ".."),
    ])
    func unreservedCharacters_StayAsTheyAre(text: String, encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(PercentEncoding.decode(encoded).map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test(arguments: [
        ("%61", "a"), ("%c3%a9", "é"), ("%C3%a9", "é"), ("a+b", "a+b"), ("%2e%2E", ".."), ("%252F", "%2F"),
        ("a/b", "a/b"), ("é", "é"), ("%00", "\u{0}"),
    ])
    func otherSpellings_AreDecodedOnce(encoded: String, text: String) {
        #expect(PercentEncoding.decode(encoded) == text)
    }

    @Test(arguments: [
        "%", "%6", "a%", "a%6", "%g1", "%1g", "%-1", "% 1", "%%61", "%FF", "%C3", "%C3%28", "%ED%A0%80", "%C0%AF",
        "%F5%80%80%80", "%E2%82", "a%6\u{301}", "%\u{661}\u{661}",
    ])
    func brokenEscapeOrText_IsRefused(encoded: String) {
        #expect(PercentEncoding.decode(encoded) == nil)
    }

    /// Foundation does the same with the unreserved characters of the RFC.
    @Test(arguments: 0..<50 as Range<UInt64>) func anyText_RoundTrips(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let scalars = (0..<20).compactMap { _ in
            Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x10FFFF), using: &random))
        }
        let text = String(String.UnicodeScalarView(scalars))
        let encoded = PercentEncoding.encode(text)
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        #expect(encoded == text.addingPercentEncoding(withAllowedCharacters: unreserved))
        #expect(PercentEncoding.decode(encoded).map { Array($0.utf8) } == Array(text.utf8))
    }
}
