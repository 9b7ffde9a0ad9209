internal import Encoding
internal import Glibc

/// Times of the hub as the clock of this machine shows them.
enum LocalTime {
    /// `2027-01-31 13:05:00` for a time of RFC 3339; the text itself when it is none.
    static func text(_ time: String) -> String {
        let bytes = Array(time.utf8)
        guard let seconds = RFC3339.seconds(bytes[...]) else { return time }
        return text(seconds)
    }

    /// The same for Unix seconds.
    static func text(_ seconds: Int64) -> String {
        var moment = time_t(seconds)
        // Holds a pointer to the zone's name, which is not used.
        var parts = unsafe tm()
        guard unsafe localtime_r(&moment, &parts) != nil else { return RFC3339.text(seconds) }
        let date = unsafe [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday].map(digits).joined(separator: "-")
        return unsafe date + " " + [parts.tm_hour, parts.tm_min, parts.tm_sec].map(digits).joined(separator: ":")
    }

    private static func digits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
