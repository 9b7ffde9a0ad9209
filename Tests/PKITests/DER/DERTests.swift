internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Tag, length and content as X.690 has them: written in the shortest form, read in no other.
@Suite struct DERTests {
    @Test(
        arguments: [
            (0, "0400"), (1, "0401"), (127, "047f"), (128, "048180"), (255, "0481ff"), (256, "04820100"),
            (65_535, "0482ffff"), (65_536, "0483010000"), (16_777_215, "0483ffffff"), (16_777_216, "048401000000"),
        ])
    func length_TakesTheShortestForm_AndIsReadBack(count: Int, head: String) throws {
        let element = DER.element(0x04, [UInt8](repeating: 0xAB, count: count))
        let expected = try #require(Hex.decode(head))
        #expect(Array(element.prefix(expected.count)) == expected)
        #expect(element.count == expected.count + count)
        var reader = DERReader(element[...], failure: .readRequest)
        let read = try reader.element(0x04)
        #expect(read.content.count == count && read.whole.count == element.count)
        try reader.expectEnd()
    }

    @Test func sequence_IsAnElementOfItsPartsInOrder() {
        let parts: [[UInt8]] = [[0x02, 0x01, 0x05], [], [0x05, 0x00], [UInt8](repeating: 0, count: 200)]
        #expect(
            DER.sequence(parts[0], parts[1], parts[2], parts[3]) == DER.element(0x30, Array(parts.joined())))
    }

    /// Lengths in more octets than they need, without an end, longer than four octets, or beyond the bytes; and tags
    /// of more than one octet.
    @Test(arguments: [
        "", "30", "3001", "308100", "30817f" + String(repeating: "00", count: 127), "3080", "30800000", "308200ff",
        "30820080" + String(repeating: "00", count: 128), "3083000100", "308500000000010a", "30ff", "3084ffffffff",
        "30847fffffff00", "1f0100", "7f8101", "ff", "308201", "30030201",
    ])
    func otherForm_IsRefused(digits: String) throws {
        let bytes = try #require(Hex.decode(digits))
        #expect(throws: PKIError(.readRequest), "\(digits)") {
            var reader = DERReader(bytes[...], failure: .readRequest)
            _ = try reader.element()
        }
    }

    @Test func reader_WalksElementsOfASlice() throws {
        let bytes = [0xFF, 0xFF] + DER.sequence([0x02, 0x01, 0x05], [0xA0, 0x02, 0x05, 0x00]) + [0x01, 0x01, 0xFF]
        var reader = DERReader(bytes[2...], failure: .readCertificate)
        #expect(reader.nextTag == 0x30)
        var inner = try reader.enter(0x30)
        #expect(try inner.optional(0x03) == nil, "nothing is read")
        #expect(try inner.element(0x02).content.elementsEqual([5]))
        let tagged = try #require(try inner.optional(0xA0))
        #expect(tagged.tag == 0xA0 && tagged.whole.elementsEqual([0xA0, 2, 5, 0]))
        #expect(inner.isAtEnd && inner.nextTag == nil)
        #expect(try inner.optional(0xA0) == nil, "nothing is left")
        #expect(throws: PKIError(.readCertificate)) { try reader.expectEnd() }
        #expect(throws: PKIError(.readCertificate)) { _ = try reader.element(0x02) }
        #expect(try reader.element(0x01).content.elementsEqual([0xFF]))
        try reader.expectEnd()
    }

    @Test(
        arguments: [
            ("0302008f", "8f"), ("030100", ""), ("0302018e", nil), ("030107", nil), ("0300", nil), ("04020001", nil),
        ] as [(String, String?)])
    func bitString_FillsWholeOctets(digits: String, octets: String?) throws {
        let bytes = try #require(Hex.decode(digits))
        var reader = DERReader(bytes[...], failure: .readRequest)
        guard let octets else {
            #expect(throws: PKIError(.readRequest)) { _ = try reader.bitString() }
            return
        }
        #expect(Hex.encode(Array(try reader.bitString())) == octets)
    }

    /// Whatever is read from random bytes, its pieces are the bytes that were there.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func readElements_AreThoseOfTheInput(seed: UInt64) {
        var random = SeededGenerator(seed)
        var bytes = random.bytes(200)
        // Short lengths, so that something is found.
        for index in stride(from: 1, to: 200, by: 2) { bytes[index] &= 0x07 }
        var reader = DERReader(bytes[...], failure: .readRequest)
        var seen: [UInt8] = []
        while let element = try? reader.element() {
            #expect(DER.element(element.tag, Array(element.content)) == Array(element.whole))
            seen += element.whole
        }
        #expect(bytes.starts(with: seen))
    }
}
