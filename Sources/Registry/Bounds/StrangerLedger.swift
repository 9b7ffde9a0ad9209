internal import Store
internal import Synchronization

/// What strangers do and what is told of it: some events of a kind have a line each in the audit trail and a message each for the webhooks,
/// the others of a minute share one. Otherwise whoever invents names would write as much as he likes.
final class StrangerLedger: Sendable {
    /// Events of a kind with a line of their own at once, such as an installation that is switched on.
    static let burst = 200
    /// Seconds after which one more has one.
    static let interval: Int64 = 12

    private let shares = RateBudget(burst: burst)
    private let sums = Mutex<[String: Int]>([:])

    /// Counts an event; whether it has a line of its own.
    func hasLine(_ action: String, now: Int64) -> Bool {
        if shares.take(action, interval: Self.interval, now: now) == nil { return true }
        count(action)
        return false
    }

    /// Counts an event that never has one.
    func count(_ action: String) {
        sums.withLock { $0[action, default: 0] += 1 }
    }

    /// How many events of each kind had no line since this was last asked.
    func takeSums() -> [(action: String, count: Int)] {
        let taken = sums.withLock { sums in
            defer { sums = [:] }
            return sums
        }
        return taken.map { ($0.key, $0.value) }.sorted { $0.action < $1.action }
    }
}

extension Registry {
    /// Writes down, in one line for each kind, what strangers did that had no line of its own; called once a minute.
    package func sweepStrangers() async throws {
        let sums = strangers.takeSums()
        guard !sums.isEmpty else { return }
        try await store.write { [self] db in
            for sum in sums {
                try audit(
                    sum.action, "devices", by: Requester(name: "many", address: ""), detail: ["more": "\(sum.count)"],
                    in: db)
                // No device has an empty ID.
                if sum.action == "device.pending" {
                    try notify(.pending, "", detail: ["more": "\(sum.count)"], in: db)
                }
            }
        }
    }
}
