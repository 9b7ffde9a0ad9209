/// When each hub may be asked again. One per call that tries hubs in turn.
struct HubLedger {
    private struct Entry {
        var backOff = BackOff()
        var notBefore: ContinuousClock.Instant
    }

    private var entries: [String: Entry] = [:]

    /// More hubs than this are not remembered: a stranger may announce any number.
    private static let limit = 64

    /// Those that may be asked now.
    func ready(_ hubs: [HubCandidate]) -> [HubCandidate] {
        let now = ContinuousClock.now
        return hubs.filter { (entries[$0.authority]?.notBefore ?? now) <= now }
    }

    /// Leaves a hub alone after a failure; returns for how many seconds.
    mutating func leave(_ hub: HubCandidate, _ cause: BackOff.Cause) -> Int {
        var entry = entries[hub.authority] ?? Entry(notBefore: .now)
        let seconds = entry.backOff.next(cause, chance: .random(in: 0...1))
        entry.notBefore = .now + .seconds(seconds)
        keep(entry, for: hub)
        return seconds
    }

    /// Notes that a hub asked us to wait.
    mutating func wait(_ hub: HubCandidate, seconds: Int) {
        keep(Entry(notBefore: .now + .seconds(seconds)), for: hub)
    }

    /// Time until the first of these hubs may be asked.
    func pause(_ hubs: [HubCandidate], atMost limit: Duration) -> Duration {
        let now = ContinuousClock.now
        let first = hubs.map { entries[$0.authority]?.notBefore ?? now }.min()
        return max(min(first.map { $0 - now } ?? limit, limit), .milliseconds(200))
    }

    private mutating func keep(_ entry: Entry, for hub: HubCandidate) {
        if entries.count >= Self.limit, entries[hub.authority] == nil {
            guard let oldest = entries.min(by: { $0.value.notBefore < $1.value.notBefore }) else { return }
            entries[oldest.key] = nil
        }
        entries[hub.authority] = entry
    }
}
