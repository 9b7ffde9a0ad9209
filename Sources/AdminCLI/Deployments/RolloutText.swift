internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Rules
internal import Wire

/// How parts, shares and times of a deployment are written on the command line.
enum RolloutText {
    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// `10%`, `50%@2027-01-01T02:00:00Z`, `rest`, `rest@…`.
    static func phase(_ text: String) throws(CommandFailure) -> AdminPhase {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var start: String?
        if parts.count == 2 { start = try time(parts[1]) }
        if parts[0] == "rest" { return AdminPhase(percent: nil, startsAt: start) }
        return AdminPhase(percent: try percent(parts[0], "--phase"), startsAt: start)
    }

    /// `20%`, 1 to 100.
    static func percent(_ text: String, _ option: String) throws(CommandFailure) -> Int {
        guard text.hasSuffix("%"), let percent = Int(text.dropLast()) else {
            throw .usage("\(option) \(text): write a share like 20%")
        }
        try check("\(option) \(text)") { () throws(RolloutProblem) in try RolloutRules.check(percent: percent) }
        return percent
    }

    /// An RFC 3339 time, in UTC.
    static func time(_ text: String) throws(CommandFailure) -> String {
        RFC3339.text(try check(text) { () throws(RolloutProblem) in try RolloutRules.start(text) })
    }

    /// `02:00-04:00`, `Mon-Fri 02:00-04:00`, `Sat,Sun 22:00-06:00`.
    static func window(_ text: String) throws(CommandFailure) -> AdminWindow {
        let parts = text.split(separator: " ").map(String.init)
        let times = (parts.last ?? "").split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), times.count == 2 else {
            throw .usage("\(text): write a window like 'Mon-Fri 02:00-04:00'")
        }
        var days: [Int]?
        if parts.count == 2 { days = try Self.days(parts[0]) }
        try check(text) { () throws(RolloutProblem) in
            try RolloutRules.check(
                days: days ?? [], from: try RolloutRules.minute(times[0]), to: try RolloutRules.minute(times[1]))
        }
        return AdminWindow(days: days, from: times[0], to: times[1])
    }

    /// Asks a rule that the hub asks as well.
    ///
    /// - Parameter text: what was written.
    static func check<Value>(
        _ text: String, _ rule: () throws(RolloutProblem) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(RolloutProblem) { return try rule() } catch { throw .usage("\(text): \(error.message)") }
    }

    static func validate(holdPoint: String) throws(ValidationError) {
        do throws(RolloutProblem) {
            try RolloutRules.check(holdPoint: holdPoint)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// `Mon-Fri`, `Sat,Sun`, `Fri-Mon`.
    private static func days(_ text: String) throws(CommandFailure) -> [Int] {
        var numbers: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { end in
                days.firstIndex(of: end.lowercased()).map { $0 + 1 }
            }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else {
                throw .usage("\(text) names no days; write them like Mon-Fri or Sat,Sun")
            }
            // Past Sunday it goes on with Monday.
            for day in first...(last < first ? last + 7 : last) { numbers.insert((day - 1) % 7 + 1) }
        }
        return numbers.sorted()
    }

    /// The days of a window, as ``window(_:)`` reads them.
    static func text(_ window: AdminWindow) -> String {
        let names = (window.days ?? []).compactMap { day in
            (1...7).contains(day) ? days[day - 1].prefix(1).uppercased() + days[day - 1].dropFirst() : nil
        }
        return (names.isEmpty ? "" : names.joined(separator: ",") + " ") + window.from + "-" + window.to
    }
}
