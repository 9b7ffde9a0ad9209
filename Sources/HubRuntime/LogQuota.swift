internal import Encoding
package import Logging

/// Keeps the log from being flooded: lines of one kind (the same constant text) have a budget, and what is beyond it is
/// counted. Pure: a line goes in, whether it is written comes out.
package struct LogQuota: Sendable {
    /// Lines of one kind.
    private static func budget(_ level: Logger.Level) -> MinuteBudget {
        switch level {
        case .trace, .debug: MinuteBudget(burst: 300, perMinute: 100)
        case .info, .notice: MinuteBudget(burst: 60, perMinute: 20)
        // Faults of ours: every minute has its first ones.
        case .warning, .error, .critical: MinuteBudget(burst: 120, perMinute: 60)
        }
    }

    /// Lines that were not written.
    package struct Sum: Sendable, Equatable {
        package let message: String
        package let level: Logger.Level
        package let count: Int
    }

    /// Kinds that are told apart; the others share one for each level. The texts are constants, so there are fewer.
    package static let kindLimit = 1000

    private struct Kind: Hashable {
        let message: String
        let level: Logger.Level
    }

    private struct Entry {
        var left: Int
        var suppressed = 0
    }

    private var minutes = MinuteCount()
    private var entries: [Kind: Entry] = [:]
    /// Of minutes that are over.
    private var due: [Sum] = []

    package init() {}

    /// Whether a line is written; it is counted if not.
    ///
    /// - Parameter now: Unix seconds.
    package mutating func admits(_ message: String, _ level: Logger.Level, now: Int64) -> Bool {
        look(at: now)
        var kind = Kind(message: message, level: level)
        if entries[kind] == nil, entries.count >= Self.kindLimit { kind = Kind(message: "others", level: level) }
        var entry = entries[kind] ?? Entry(left: Self.budget(level).burst)
        defer { entries[kind] = entry }
        guard entry.left > 0 else {
            entry.suppressed += 1
            return false
        }
        entry.left -= 1
        return true
    }

    /// What was not written in minutes that are over.
    ///
    /// - Parameter isLast: whether the present minute is over too.
    package mutating func overdue(now: Int64, isLast: Bool = false) -> [Sum] {
        look(at: now, isLast: isLast)
        defer { due = [] }
        return due
    }

    private mutating func look(at now: Int64, isLast: Bool = false) {
        guard let minutes = minutes.over(at: now, isLast: isLast) else { return }
        var left: [Kind: Entry] = [:]
        for (kind, entry) in entries {
            if entry.suppressed > 0 {
                due.append(Sum(message: kind.message, level: kind.level, count: entry.suppressed))
            }
            left[kind] = Self.budget(kind.level).left(entry.left, after: minutes).map { Entry(left: $0) }
        }
        entries = left
        due.sort { ($0.message, $0.level) < ($1.message, $1.level) }
        // Nobody takes them: then they are of no use.
        due = Array(due.suffix(Self.kindLimit))
    }
}
