internal import BaseTestSupport
import Encoding
import Testing

@Suite struct HexTests {
    @Test func everyByte_HasTwoDigits_InEitherCase() {
        let bytes = Array(UInt8.min ... .max)
        let text = Hex.encode(bytes)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.utf8.count == 512)
        #expect(Hex.decode(text) == bytes && Hex.decode(text.uppercased()) == bytes)
        for byte in bytes { #expect(Hex.encode([byte]) == (byte < 16 ? "0" : "") + String(byte, radix: 16)) }
    }

    @Test(arguments: [
        "0", "000", "0g", "g0", "0x00", " 00", "00 ", "0\u{0}", "ä", "٠٠", "-1", "+1", "00:11", "G", "@@", "``",
    ])
    func anythingElse_IsRefused(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func partOfALargerText_IsReadAlone() {
        let text = Array("zz0aFFzz".utf8)
        #expect(Hex.decode(text[2..<6]) == [0x0A, 0xFF])
        #expect(Hex.decode(text[2..<5]) == nil && Hex.decode(text[1..<5]) == nil && Hex.decode(text[3..<3]) == [])
        #expect(Hex.decode("") == [] && Hex.encode([]) == "")
    }

    @Test func digits_HaveTheirValue_AndNothingElseHasOne() {
        for byte in UInt8.min ... .max {
            let expected = byte < 0x80 ? Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) } : nil
            #expect(UTF8Sequence.hexDigit(byte) == expected)
        }
    }
}
