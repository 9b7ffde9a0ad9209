import Encoding
import Testing

/// Spans as people write them.
@Suite struct TimeSpanTests {
    @Test(arguments: [
        ("0s", Int64(0)), ("1s", 1), ("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), ("365d", 31_536_000),
        ("007m", 420), ("1000000000d", 86_400_000_000_000),
    ])
    func span_IsSeconds(text: String, seconds: Int64) {
        #expect(TimeSpan.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "d", "1", "1w", "1D", "-1s", "+1s", "-0s", "1.5h", "1h30m", " 1h", "1h ", "1 h", "1000000001s", "٣d",
        "99999999999999999999d", "1d\u{301}", "0x1s", "1_0s",
    ])
    func anythingElse_IsNone(text: String) {
        #expect(TimeSpan.seconds(text) == nil)
    }

    @Test(arguments: [
        (Int64(0), "0s"), (1, "1s"), (59, "59s"), (60, "1m"), (61, "61s"), (90, "90s"), (3600, "1h"), (5400, "90m"),
        (86_400, "1d"), (90_000, "25h"), (172_800, "2d"), (604_800, "7d"), (86_401, "86401s"),
    ])
    func text_IsInTheLargestUnitWithoutAFraction(seconds: Int64, text: String) {
        #expect(TimeSpan.text(seconds) == text)
        #expect(TimeSpan.seconds(text) == seconds)
    }

    @Test(arguments: [
        ("90m", Int64(1_801_391_400)), ("0s", 1_801_396_800), ("2027-01-31T11:00:00Z", 1_801_393_200),
        ("2027-01-31", 1_801_353_600), ("1970-01-01", 0), ("2027-01-31T12:00:00+01:00", 1_801_393_200),
    ])
    func moment_IsATimeADayOrBeforeNow(text: String, moment: Int64) {
        #expect(TimeSpan.moment(text, now: 1_801_396_800) == moment)
    }

    @Test(arguments: ["", "yesterday", "2027-01-32", "-1d", "12:00", "2027-01-31 11:00:00Z"])
    func anyOtherMoment_IsNone(text: String) {
        #expect(TimeSpan.moment(text, now: 0) == nil)
    }
}
