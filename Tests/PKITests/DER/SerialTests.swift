internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Serial numbers (RFC 5280 section 4.1.2.2): positive, of 20 octets at most, the same number however it is written.
@Suite struct SerialTests {
    @Test(arguments: [
        ("1", "01"), ("01", "01"), ("0001", "01"), ("0x1", "01"), ("0XAB", "ab"), ("aB:Cd", "abcd"),
        ("00:ab:cd", "abcd"), ("a b c", "0abc"), (" 12 34 ", "1234"), ("100", "0100"), ("0x00ff", "ff"),
        (String(repeating: "ff", count: 20), String(repeating: "ff", count: 20)),
        ("00" + String(repeating: "ff", count: 20), String(repeating: "ff", count: 20)),
        (String(repeating: "0", count: 255) + "7", "07"),
    ])
    func digits_AreANumber(text: String, description: String) throws {
        let serial = try #require(Serial(hex: text))
        #expect(serial.description == description)
        #expect(Serial(hex: serial.description) == serial)
        #expect(Serial(serial.bytes) == serial)
    }

    @Test(arguments: [
        "", "0", "00", "0x", "0x0", ":", "-1", "1g", "0x0x1", "1.5", "٣", "1\u{301}", "+1",
        "01" + String(repeating: "00", count: 20), String(repeating: "0", count: 257),
    ])
    func anythingElse_IsNoSerial(text: String) {
        #expect(Serial(hex: text) == nil)
    }

    @Test func zeroAndTooMany_AreNone() {
        #expect(Serial([]) == nil && Serial([0]) == nil && Serial([0, 0, 0]) == nil)
        #expect(Serial([UInt8](repeating: 1, count: 21)) == nil)
        #expect(Serial([0, 0] + [UInt8](repeating: 1, count: 20))?.bytes.count == 20)
    }

    /// OpenSSL reads the same positive number in decimal digits or hexadecimal ones.
    @Test(arguments: [
        "01", "7f", "80", "ff", "0100", "7fff", "8000", "ffffffffffffffff", "0123456789abcdef0123456789abcdef01234567",
    ])
    func integer_IsReadByOpenSSL(hex: String) throws {
        let serial = try #require(Serial(hex: hex))
        let line = try #require(try OpenSSL.elements(serial.der).first)
        let digits = try #require(line.split(separator: ":").last)
        #expect(line.contains("prim: INTEGER") && !digits.hasPrefix("-"))
        #expect(Serial(hex: String(digits)) == serial)
    }

    @Test(arguments: [
        (UInt64(0), "020100"), (1, "020101"), (127, "02017f"), (128, "02020080"), (256, "02020100"),
        (UInt64.max, "020900ffffffffffffffff"), (1 << 63, "0209008000000000000000"),
    ])
    func numberOfAList_IsAnInteger(number: UInt64, der: String) {
        #expect(Hex.encode(Serial(unsigned: number).der) == der)
    }
}
