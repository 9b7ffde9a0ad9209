/// The preferred form of dates in HTTP (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// Unix seconds; nil for any other form.
    package static func unixSeconds(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, weekdays.contains(where: { parts[0] == $0 + "," }), parts[4].utf8.count == 8,
            parts[5] == "GMT", text.utf8.count == 29, parts[1].utf8.count == 2,
            let month = months.firstIndex(of: String(parts[2])), parts[3] >= "1970"
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return RFC3339.seconds(Array("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z".utf8)[...])
    }

    /// The date of Unix seconds from 1970 on.
    package static func text(_ seconds: Int64) -> String {
        let parts = RFC3339.text(seconds).split { "-TZ".contains($0) }
        let weekday = weekdays[Int(max(seconds, 0) / 86_400 % 7)]
        let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
        return "\(weekday), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
    }
}
