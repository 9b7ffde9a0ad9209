internal import BaseTestSupport
import Encoding
import Foundation
import Testing

/// Dates and times of RFC 3339.
@Suite struct RFC3339Tests {
    private static func read(_ text: String) -> Int64? { RFC3339.seconds(Array(text.utf8)[...]) }

    /// Section 5.8, and the ends of things.
    @Test(arguments: [
        ("1985-04-12T23:20:50.52Z", Int64(482_196_050)), ("1996-12-19T16:39:57-08:00", 851_042_397),
        ("1990-12-31T23:59:60Z", 662_688_000), ("1990-12-31T15:59:60-08:00", 662_688_000),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_173), ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1),
        ("2000-02-29T00:00:00Z", 951_782_400), ("2024-02-29t23:59:59z", 1_709_251_199),
        ("2027-01-31T12:00:00+00:00", 1_801_396_800), ("2027-01-31T12:00:00-00:00", 1_801_396_800),
        ("2027-01-31T12:00:00+23:59", 1_801_310_460), ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799), ("2027-01-31T12:00:00.123456789012345Z", 1_801_396_800),
    ])
    func time_IsUnixSeconds(text: String, seconds: Int64) {
        #expect(Self.read(text) == seconds)
    }

    @Test(arguments: [
        ("2027-01-31", Int64(1_801_439_999)), ("1970-01-01", 86_399), ("1969-12-31", -1), ("2024-02-29", 1_709_251_199),
    ])
    func dateAlone_IsItsLastSecond(text: String, seconds: Int64) {
        #expect(Self.read(text) == seconds)
    }

    @Test(arguments: [
        "", "2027", "2027-1-31", "2027-13-01", "2027-00-01", "2027-01-00", "2027-01-32", "2027-02-29", "1900-02-29",
        "2100-02-29", "2027-04-31", "0000-01-01", "2027-01-31T", "2027-01-31T12:00", "2027-01-31T12:00:00",
        "2027-01-31T24:00:00Z", "2027-01-31T12:60:00Z", "2027-01-31T12:00:61Z", "2027-01-31 12:00:00Z",
        "2027-01-31T12:00:00.Z", "2027-01-31T12:00:00,5Z", "2027-01-31T12:00:00+0100", "2027-01-31T12:00:00+01",
        "2027-01-31T12:00:00+24:00", "2027-01-31T12:00:00+01:60", "2027-01-31T12:00:00ZZ", "2027-01-31T12:00:00Z ",
        " 2027-01-31", "2027-01-31Z", "2027/01/31", "2027-01-31T12-00-00Z", "20270131T120000Z", "+027-01-31",
        "2027-01-31T12:00:00.5", "２027-01-31", "2027-01-3a", "2027-01-31T12:00:00\u{0}", "-027-01-31T12:00:00Z",
        "2027-01-31T12:00:00." + String(repeating: "1", count: 40) + "Z",
    ])
    func anythingElse_IsRefused(text: String) {
        #expect(Self.read(text) == nil)
    }

    /// Foundation writes and reads the same.
    @Test(arguments: 0..<20 as Range<UInt64>) func text_LeadsBack(seed: UInt64) {
        var random = SeededGenerator(seed)
        let format = Date.ISO8601FormatStyle()
        for _ in 0..<50 {
            let seconds = Int64.random(in: -12_000_000_000...253_402_300_799, using: &random)
            let text = RFC3339.text(seconds)
            #expect(text == Date(timeIntervalSince1970: Double(seconds)).formatted(format))
            #expect(Self.read(text) == seconds)
        }
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (-62_135_596_800, "0001-01-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
    ])
    func seconds_AreWritten(seconds: Int64, text: String) {
        #expect(RFC3339.text(seconds) == text)
    }

    @Test func partOfALargerText_IsReadAlone() {
        let text = Array("at 2027-01-31T12:00:00Z!".utf8)
        #expect(RFC3339.seconds(text[3..<23]) == 1_801_396_800)
        #expect(RFC3339.seconds(text[3...]) == nil)
    }

    @Test func truncatedTime_IsOneOnlyAtItsDate() {
        let text = Array("2027-01-31T12:00:00.5+01:00".utf8)
        let read = text.indices.filter { RFC3339.seconds(text[..<$0]) != nil }
        #expect(read == [10])
    }
}
