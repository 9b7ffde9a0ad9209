internal import BaseTestSupport
internal import Encoding
import Foundation
import Testing

@testable import PKI

/// Dates as certificates have them (RFC 5280 section 4.1.2.5).
@Suite struct CivilTimeTests {
    private static func utc() throws -> Calendar {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        return calendar
    }

    @Test(arguments: [
        (Int64(0), "700101000000Z"), (-631_152_000, "500101000000Z"), (2_524_607_999, "491231235959Z"),
        (951_782_400, "000229000000Z"), (1_078_012_799, "040228235959Z"), (1_709_164_800, "240229000000Z"),
    ])
    func until2049_ItIsUTCTime(seconds: Int64, text: String) {
        #expect(DER.time(seconds) == [0x17, 13] + Array(text.utf8))
    }

    @Test(arguments: [
        (Int64(2_524_608_000), "20500101000000Z"), (-631_152_001, "19491231235959Z"),
        (4_107_542_400, "21000301000000Z"),
        (253_402_300_799, "99991231235959Z"), (-62_135_596_800, "00010101000000Z"), (.max, "99991231235959Z"),
        (.min, "00010101000000Z"),
    ])
    func outsideThoseYears_ItIsGeneralizedTime(seconds: Int64, text: String) {
        #expect(DER.time(seconds) == [0x18, 15] + Array(text.utf8))
    }

    @Test func generalizedTime_IsFreeOfTheYear() {
        #expect(DER.generalizedTime(0) == [0x18, 15] + Array("19700101000000Z".utf8))
    }

    /// Against Foundation's calendar, over all years a certificate can name.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func fields_AreThoseOfTheCalendar_AndLeadBack(seed: UInt64) throws {
        let calendar = try Self.utc()
        var random = SeededGenerator(seed)
        for _ in 0..<50 {
            // After 1582: before, Foundation's calendar is not the Gregorian one.
            let seconds = Int64.random(in: -12_000_000_000...253_402_300_799, using: &random)
            let time = CivilTime(seconds)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(time.year == parts.year && time.month == parts.month && time.day == parts.day)
            #expect(time.hour == parts.hour && time.minute == parts.minute && time.second == parts.second)
            #expect(
                CivilTime.seconds(
                    year: time.year, month: time.month, day: time.day, hour: time.hour, minute: time.minute,
                    second: time.second) == seconds)
        }
    }

    @Test func everyDayOfFourCenturies_FollowsTheOneBefore() {
        var before = CivilTime(-86_400 * 366)
        for day in Int64(-365)...146_097 {
            let time = CivilTime(day * 86_400)
            let isNext =
                time.day == before.day + 1 && time.month == before.month && time.year == before.year
                || time.day == 1 && time.month == before.month + 1 && time.year == before.year && before.day >= 28
                || time.day == 1 && time.month == 1 && before.month == 12 && before.day == 31
                    && time.year == before.year + 1
            guard isNext else {
                Issue.record("day \(day) is no successor")
                return
            }
            before = time
        }
    }
}
