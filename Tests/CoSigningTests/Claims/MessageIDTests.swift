import BaseTestSupport
import CoSigning
import Testing

/// Ids of messages beyond the shared cases.
@Suite struct MessageIDTests {
    @Test(
        arguments: [
            ("0022000-01-01T00:00:00Zabcdef", 946_684_800), ("0029999-12-31T23:59:59Zabcdef", 253_402_300_799),
            ("0012000-02-29T00:00:00Z000000", 951_782_400), ("0021999-12-31T23:59:59Zabcdef", nil),
            ("0022100-02-29T00:00:00Zabcdef", nil), ("0022027-04-31T00:00:00Zabcdef", nil),
            ("0022027-00-15T09:00:00Zabcdef", nil), ("0022027-01-00T09:00:00Zabcdef", nil),
            ("0022027-01-15T24:00:00Zabcdef", nil), ("0022027-01-15T09:60:00Zabcdef", nil),
            ("0022027-01-15T09:00:61Zabcdef", nil), ("0022027-01-15t09:00:00Zabcdef", nil),
            ("0022027-01-15T09:00:00+abcdef", nil), ("0022027/01/15T09:00:00Zabcdef", nil),
            ("0022027-01-15T09.00.00Zabcdef", nil), ("002 027-01-15T09:00:00Zabcdef", nil),
            ("0022027-01-15T09:00:00Zabc-ef", nil), ("0022027-01-15T09:00:00Zabc ef", nil),
            ("0022027-01-15T09:00:00Zabcdé", nil), ("0002027-01-15T09:00:00Zabcdef", nil),
            ("0122027-01-15T09:00:00Zabcdef", nil), ("1022027-01-15T09:00:00Zabcdef", nil),
            ("002+027-01-15T09:00:00Zabcdef", nil), (" 0022027-01-15T09:00:00Zabcde", nil),
            ("0022027-01-15T09:00:00Z\u{0}bcdef", nil),
        ] as [(String, Int64?)])
    func id_IsReadByTheCalendar(_ text: String, _ time: Int64?) {
        #expect(MessageID(text)?.time == time)
    }

    /// Ids that the hub makes are ids, of the moment that was asked for, and never the same.
    @Test func madeIDs_AreReadBackAndDiffer() throws {
        var generator = SeededGenerator(16)
        var seen: Set<MessageID> = []
        for _ in 0..<500 {
            let end = Int64.random(in: 946_684_800...253_402_300_799, using: &generator)
            let id = MessageID.make(end: end)
            let read = try #require(MessageID(id.text))
            #expect(read == id)
            #expect(read.time == end)
            #expect(read.isEnd)
            #expect(seen.insert(id).inserted)
        }
        #expect(Set((0..<200).map { _ in MessageID.make(end: 1_800_000_000).text }).count == 200)
    }

    @Test(
        arguments: [
            (Int64.min, 946_684_800), (0, 946_684_800), (946_684_799, 946_684_800),
            (253_402_300_800, 253_402_300_799), (.max, 253_402_300_799),
        ] as [(Int64, Int64)])
    func madeIDOfAnotherCentury_StaysWithinTheForm(_ end: Int64, _ time: Int64) {
        let id = MessageID.make(end: end)
        #expect(id.time == time)
        #expect(MessageID(id.text) == id)
    }

    @Test func everyFlippedBit_IsAnotherIDOrNone() {
        let text = "0022027-01-15T09:00:00Zabc123"
        let id = MessageID(text)
        for bytes in Damage.bitFlips(of: Array(text.utf8)) {
            guard let flipped = MessageID(String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect(flipped != id)
            #expect(flipped.text.utf8.count == 29)
        }
    }
}
