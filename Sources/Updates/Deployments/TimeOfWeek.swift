internal import Foundation

/// A moment on the wall clock of the hub's time zone.
package struct TimeOfWeek: Sendable, Equatable {
    /// 1 Monday to 7 Sunday.
    package let day: Int
    /// Minute of the day.
    package let minute: Int

    /// A day and minute.
    package init(day: Int, minute: Int) {
        self.day = day
        self.minute = minute
    }

    /// A moment in Unix seconds in the time zone of the system.
    package init(_ seconds: Int64) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .current
        let parts = calendar.dateComponents(
            [.weekday, .hour, .minute], from: Date(timeIntervalSince1970: TimeInterval(seconds)))
        // Foundation counts from Sunday, ISO 8601 from Monday.
        day = ((parts.weekday ?? 1) + 5) % 7 + 1
        minute = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
    }
}
