import BaseTestSupport
import Testing
import Wire

/// UUIDs and names as the ends of tunnels write them.
@Suite struct TunnelNameTests {
    @Test func uuid_HasSixteenBytes() {
        let bytes = (0..<16).map { UInt8($0) }
        #expect(TunnelUUID(bytes: bytes)?.plain == "00010203-0405-0607-0809-0a0b0c0d0e0f")
        #expect(TunnelUUID(bytes: Array(bytes.dropLast())) == nil && TunnelUUID(bytes: bytes + [0]) == nil)
        #expect(TunnelUUID(bytes: [UInt8](repeating: 0, count: 16))?.isNull == true)
        #expect(TunnelUUID(bytes: bytes)?.isNull == false)
    }

    @Test(arguments: [("00000000-0000-4000-8000-000000000000", 4), ("00000000-0000-8fff-8000-000000000000", 8)])
    func version_IsInTheSeventhByte(text: String, version: UInt8) {
        #expect(TunnelUUID(text)?.version == version)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func uuid_IsReadInEveryForm(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<200 {
            let uuid = try #require(TunnelUUID(bytes: generator.bytes(16...16)))
            for text in [uuid.plain, uuid.braced, uuid.plain.uppercased(), uuid.braced.uppercased()] {
                #expect(TunnelUUID(text) == uuid)
            }
        }
    }

    /// One changed byte gives another UUID or none, never the same.
    @Test func changedText_IsNotTheSameUUID() throws {
        let text = "{aaaaaaaa-1234-4000-8000-0123456789ef}"
        let uuid = try #require(TunnelUUID(text))
        for changed in Damage.flips(of: Array(text.utf8), masks: [0x01, 0x02, 0x10, 0x40, 0x80]) {
            #expect(TunnelUUID(String(decoding: changed, as: UTF8.self)) != uuid)
        }
        for cut in Damage.beginnings(of: Array(text.utf8)) {
            #expect(TunnelUUID(String(decoding: cut, as: UTF8.self)) == nil)
        }
    }

    @Test func longName_IsCutAtACharacter() {
        let short = String(repeating: "a", count: 64)
        #expect(TunnelText.shortened(short) == short && TunnelText.shortened(short + "b") == short)
        let wide = String(repeating: "温", count: 64)
        #expect(TunnelText.shortened(wide) == wide && TunnelText.shortened(wide + "b") == wide)
        // One character to people, thousands to a terminal.
        let marks = "a" + String(repeating: "\u{301}", count: 5000)
        #expect(TunnelText.shortened(marks).unicodeScalars.count == 64)
    }
}
