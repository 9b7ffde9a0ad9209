internal import Encoding
internal import Wire

/// Who can bring an event about, which decides how many lines of the trail a minute may have of it.
package enum AuditCause: Sendable, Equatable {
    /// The hub, or somebody who proved that he may do it: every event has its line.
    case proven
    /// A device or person that the hub knows, but that can do it again and again.
    case known
    /// A device that shows up for the first time, or anybody who says so: many of them come at once when an
    /// installation is switched on.
    case newcomer
    /// Anybody, without having proved a thing.
    case stranger
    /// Many together: only their sum is told.
    case crowd

    /// Lines for those who proved nothing.
    fileprivate var budget: MinuteBudget {
        switch self {
        case .newcomer: MinuteBudget(burst: 200, perMinute: 5)
        case .stranger: MinuteBudget(burst: 20, perMinute: 2)
        case .crowd, .known, .proven: MinuteBudget(burst: 0, perMinute: 0)
        }
    }
}

/// Lines that stand for events without lines of their own.
package struct AuditSum: Sendable, Equatable {
    package let action: String
    /// The subject of all of them; `nil` when they have many.
    let subject: String?
    /// Whose they are; `nil` when there are many.
    let requester: Requester?
    package private(set) var count = 0
    /// Different addresses, as far as they were counted.
    var addresses: Set<String> = []
    /// What is added up over the events, by name.
    var amounts: [String: Int] = [:]

    /// Most addresses that are told apart: so many stand for more.
    package static let addressLimit = 1000

    mutating func add(_ address: String, _ amounts: KeyValuePairs<String, Int>) {
        count += 1
        if addresses.count < Self.addressLimit { addresses.insert(address) }
        for (name, amount) in amounts { self.amounts[name, default: 0] += amount }
    }

    /// Takes the events of another sum into this one.
    mutating func add(_ other: AuditSum) {
        count += other.count
        for address in other.addresses where addresses.count < Self.addressLimit { addresses.insert(address) }
        for (name, amount) in other.amounts { amounts[name, default: 0] += amount }
    }

    /// What its line has in place of many subjects.
    package var shownSubject: String { subject ?? "many" }

    /// Whom its line names.
    package var shownRequester: Requester { requester ?? Requester(name: "many", address: "") }

    /// What its line says (docs/manual.md, "Audit trail").
    package var detail: [(key: String, value: String)] {
        var detail = [(key: "more", value: "\(count)")]
        if requester == nil { detail.append((key: "addresses", value: "\(addresses.count)")) }
        return detail + amounts.sorted { $0.key < $1.key }.map { (key: $0.key, value: "\($0.value)") }
    }
}

/// Keeps the trail from being flooded, whatever the addresses: the first events have lines of their own, the others are
/// counted, and one line tells of them when the minute is over. Pure: an event goes in, whether it has a line comes
/// out.
package struct AuditQuota: Sendable {
    /// Lines in a minute of one kind of event of those who are known: action, subject, requester and address are the
    /// same.
    package static let linesPerKind = 30
    /// Lines in a minute of all of them together.
    package static let knownLines = 3000
    /// Kinds in a minute that have a sum of their own; the others share one for each action.
    package static let sumLimit = 64

    private struct Kind: Hashable {
        let action: String
        /// What it is about and who did it are mostly devices: told apart by their bytes.
        let subject: DeviceID
        let name: DeviceID
        let address: String
    }

    private struct Budget {
        let cause: AuditCause
        var left: Int
    }

    private var minutes = MinuteCount()
    /// Lines left to those who proved nothing, by action; full when absent.
    private var budgets: [String: Budget] = [:]
    private var kinds: [Kind: Int] = [:]
    private var known = 0
    private var ownSums: [Kind: AuditSum] = [:]
    private var sums: [String: AuditSum] = [:]
    /// Of minutes that are over.
    private var due: [AuditSum] = []

    package init() {}

    /// Whether an event has a line of its own; it is counted if not.
    ///
    /// - Parameters:
    ///   - amounts: what a sum adds up over its events.
    ///   - now: seconds of a clock that nobody sets.
    package mutating func admits(
        _ action: String, _ subject: String, by requester: Requester, _ amounts: KeyValuePairs<String, Int> = [:],
        cause: AuditCause, now: Int64
    ) -> Bool {
        guard cause != .proven else { return true }
        look(at: now)
        switch cause {
        case .proven: return true
        case .newcomer, .stranger, .crowd:
            let left = budgets[action]?.left ?? cause.budget.burst
            guard left <= 0 else {
                budgets[action] = Budget(cause: cause, left: left - 1)
                return true
            }
            count(action, requester, amounts)
            return false
        case .known:
            return admits(
                Kind(
                    action: action, subject: DeviceID(subject), name: DeviceID(requester.name),
                    address: requester.address), requester,
                amounts)
        }
    }

    private mutating func admits(
        _ kind: Kind, _ requester: Requester, _ amounts: KeyValuePairs<String, Int>
    ) -> Bool {
        let lines = kinds[kind, default: 0]
        guard lines >= Self.linesPerKind || known >= Self.knownLines else {
            kinds[kind] = lines + 1
            known += 1
            return true
        }
        guard lines > 0, ownSums[kind] != nil || ownSums.count < Self.sumLimit else {
            count(kind.action, requester, amounts)
            return false
        }
        ownSums[kind, default: AuditSum(action: kind.action, subject: kind.subject.text, requester: requester)]
            .add(requester.address, amounts)
        return false
    }

    private mutating func count(_ action: String, _ requester: Requester, _ amounts: KeyValuePairs<String, Int>) {
        sums[action, default: AuditSum(action: action, subject: nil, requester: nil)].add(requester.address, amounts)
    }

    /// What was counted in minutes that are over.
    ///
    /// - Parameters:
    ///   - now: seconds of a clock that nobody sets.
    ///   - isLast: whether none will follow, so that the present minute is over too.
    package mutating func overdue(now: Int64, isLast: Bool = false) -> [AuditSum] {
        look(at: now, isLast: isLast)
        defer { due = [] }
        return due
    }

    private mutating func look(at now: Int64, isLast: Bool = false) {
        guard let minutes = minutes.over(at: now, isLast: isLast) else { return }
        for (action, budget) in budgets {
            budgets[action] = budget.cause.budget.left(budget.left, after: minutes)
                .map { Budget(cause: budget.cause, left: $0) }
        }
        due += ownSums.values.sorted { $0.order < $1.order } + sums.values.sorted { $0.action < $1.action }
        (kinds, known, ownSums, sums) = ([:], 0, [:], [:])
    }

    /// Takes over sums that could not be written: they come with those of this minute.
    package mutating func restore(_ unwritten: [AuditSum]) {
        for sum in unwritten {
            sums[sum.action, default: AuditSum(action: sum.action, subject: nil, requester: nil)].add(sum)
        }
    }
}

extension AuditSum {
    /// What lines of one moment are sorted by.
    fileprivate var order: String {
        "\(action) \(subject ?? "") \(requester?.name ?? "") \(requester?.address ?? "")"
    }
}
