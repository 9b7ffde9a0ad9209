package import Logging

/// Keeps the log from being flooded: lines of one kind (the same constant text) have a budget, and what is beyond it is
/// counted. Pure: a line goes in, whether it is written comes out.
package struct LogQuota: Sendable {
    /// Lines of one kind that may follow each other, and how many of them come back in a minute.
    struct Budget: Sendable, Equatable {
        let burst: Int
        let perMinute: Int

        static func of(_ level: Logger.Level) -> Budget {
            switch level {
            case .trace, .debug: Budget(burst: 300, perMinute: 100)
            case .info, .notice: Budget(burst: 60, perMinute: 20)
            // Faults of ours: every minute has its first ones.
            case .warning, .error, .critical: Budget(burst: 120, perMinute: 60)
            }
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

    private var minute: Int64 = 0
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
        var entry = entries[kind] ?? Entry(left: Budget.of(level).burst)
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
        let current = now / 60
        guard isLast || current != minute else { return }
        // A clock that is set back has let one minute pass.
        let minutes = Int(min(max(1, current - minute), 60))
        minute = current
        var left: [Kind: Entry] = [:]
        for (kind, entry) in entries {
            if entry.suppressed > 0 {
                due.append(Sum(message: kind.message, level: kind.level, count: entry.suppressed))
            }
            let budget = Budget.of(kind.level)
            let refilled = entry.left + minutes * budget.perMinute
            if refilled < budget.burst { left[kind] = Entry(left: refilled) }
        }
        entries = left
        due.sort { ($0.message, $0.level) < ($1.message, $1.level) }
        // Nobody takes them: then they are of no use.
        due = Array(due.suffix(Self.kindLimit))
    }
}
