internal import BaseTestSupport
import Encoding
import Foundation
import Testing

/// Dates of HTTP in the preferred form (RFC 9110 section 5.6.7).
@Suite struct HTTPDateTests {
    @Test(arguments: [
        (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_801_396_800, "Sun, 31 Jan 2027 12:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (1_796_083_199, "Mon, 30 Nov 2026 23:59:59 GMT"),
    ])
    func date_IsWrittenAndRead(seconds: Int64, text: String) {
        #expect(HTTPDate.text(seconds) == text)
        #expect(HTTPDate.unixSeconds(text) == seconds)
    }

    /// Every day of a week and every month, against Foundation.
    @Test(arguments: 0..<20 as Range<UInt64>) func anyDate_IsThatOfTheCalendar(seed: UInt64) {
        var random = SeededGenerator(seed)
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for _ in 0..<50 {
            let seconds = Int64.random(in: 0...253_402_300_799, using: &random)
            #expect(HTTPDate.text(seconds) == format.string(from: Date(timeIntervalSince1970: Double(seconds))))
            #expect(HTTPDate.unixSeconds(HTTPDate.text(seconds)) == seconds)
        }
    }

    /// The two obsolete forms too: a conditional request with one is answered in full.
    @Test(arguments: [
        "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 31 Feb 1999 00:00:00 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT", "S 06 Nov 1994 08:49:37.12 GMT",
        "Su, 06 Nov 1994 08:49:37  GMT", "Abc, 06 Nov 1994 08:49:37 GMT", "Sun; 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08-49-37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "2027-01-31T12:00:00Z",
    ])
    func anyOtherForm_IsNone(text: String) {
        #expect(HTTPDate.unixSeconds(text) == nil)
    }
}
