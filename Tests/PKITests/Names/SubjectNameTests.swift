internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Names as clients write them: equal by meaning, not by encoding (RFC 5280 section 7.1).
@Suite struct SubjectNameTests {
    private static func attribute(_ number: UInt8, _ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        DER.element(0x31, DER.sequence([0x06, 0x03, 0x55, 0x04, number], DER.element(tag, content)))
    }

    private static func name(_ attributes: [UInt8]...) throws -> SubjectName {
        try SubjectName(reading: DER.element(0x30, Array(attributes.joined()))[...])
    }

    private static func commonName(_ tag: UInt8, _ content: some Sequence<UInt8>) throws -> SubjectName {
        try name(attribute(3, tag, Array(content)))
    }

    /// UTF8String, NumericString, PrintableString, IA5String, T61String (as Latin 1), BMPString.
    @Test(arguments: [UInt8(0x0C), 0x12, 0x13, 0x14, 0x16]) func stringTypes_GiveTheSameText(tag: UInt8) throws {
        #expect(try Self.commonName(tag, "12 34".utf8).commonNames == ["12 34"])
        #expect(try Self.commonName(tag, "12 34".utf8) == Self.commonName(0x0C, "12 34".utf8))
    }

    @Test func widerTypes_AreDecoded() throws {
        #expect(try Self.commonName(0x14, [0x4D, 0xFC]).commonNames == ["M\u{FC}"])
        #expect(try Self.commonName(0x1E, [0x00, 0x4D, 0x4E, 0x2D]).commonNames == ["M中"])
        #expect(try Self.commonName(0x1E, [0xD8, 0x3D, 0xDD, 0x11]).commonNames == ["🔑"])
        #expect(try Self.commonName(0x0C, [0xC3]).commonNames == ["\u{FFFD}"])
    }

    /// Types nobody writes are compared by their bytes, so that two of them are not equal by accident.
    @Test func unknownTypes_AreEqualByTheirBytes() throws {
        #expect(try Self.commonName(0x1C, [0, 0, 0, 0x61]) == Self.commonName(0x1C, [0, 0, 0, 0x61]))
        #expect(try Self.commonName(0x1C, [0, 0, 0, 0x61]) != Self.commonName(0x1C, [0, 0, 0, 0x62]))
        #expect(try Self.commonName(0x1E, [0x61]) != Self.commonName(0x0C, "a".utf8), "half a character")
        #expect(try Self.commonName(0x1C, [0x61]).commonNames == ["#1c0161"])
    }

    @Test(arguments: [
        ("Device 1", "device 1", true), ("  device   1 ", "device 1", true), ("DEVICE\t1", "device 1", true),
        ("STRASSE", "strasse", true), ("É", "é", true), ("e\u{301}", "\u{E9}", true), ("device1", "device 1", false),
        ("device", "device1", false), ("", " ", true), ("a", "b", false),
    ])
    func caseAndWhiteSpace_AreFolded(one: String, other: String, isEqual: Bool) throws {
        #expect(try (Self.commonName(0x0C, one.utf8) == Self.commonName(0x13, other.utf8)) == isEqual)
    }

    @Test func attributes_CountInOrderAndNumber() throws {
        let (o, cn) = (Self.attribute(10, 0x0C, [0x61]), Self.attribute(3, 0x0C, [0x61]))
        #expect(try Self.name(o, cn) != Self.name(cn, o))
        #expect(try Self.name(o) != Self.name(cn), "the same text of another type")
        #expect(try Self.name(cn, cn) != Self.name(cn))
        #expect(try Self.name(cn, o, Self.attribute(3, 0x0C, [0x62])).commonNames == ["a", "b"])
        #expect(try Self.name().attributes.isEmpty)
    }

    @Test func setOfSeveral_GivesEachOfThem() throws {
        let pair = { (number: UInt8) in
            DER.sequence([0x06, 0x03, 0x55, 0x04, number], DER.element(0x0C, [0x60 + number]))
        }
        let read = try Self.name(DER.element(0x31, pair(3) + pair(10)))
        #expect(read.attributes.map(\.text) == ["c", "j"])
    }

    @Test func number_IsLimited() throws {
        let one = Self.attribute(3, 0x0C, [0x61])
        let most = [[UInt8]](repeating: one, count: 32).flatMap(\.self)
        #expect(try SubjectName(reading: DER.element(0x30, most)[...]).attributes.count == 32)
        #expect(throws: PKIError(.readRequest)) { try SubjectName(reading: DER.element(0x30, most + one)[...]) }
    }

    @Test func brokenName_IsRefused() throws {
        let whole = DistinguishedName(organization: "Zone", commonName: "d1").der
        for broken in Damage.beginnings(of: whole) + [whole + [0], [0x31, 0], [0x30, 2, 0x30, 0]] {
            #expect(throws: PKIError(.readRequest)) { try SubjectName(reading: broken[...]) }
        }
        let pair = DER.sequence([0x06, 0x03, 0x55, 0x04, 3], [0x0C, 1, 0x61], [0x05, 0x00])
        #expect(throws: PKIError(.readRequest)) { try Self.name(DER.element(0x31, pair)) }
    }
}
