internal import PKI

/// Who waits for which derivation of a ``DerivationQueue``: a lane for each source, and the order of their turns.
struct DerivationLanes: Sendable {
    typealias Turn = CheckedContinuation<SecretBytes, any Error>

    struct Asker: Sendable {
        let ticket: UInt64
        let source: String
        let turn: Turn
    }

    private struct Entry {
        let job: DerivationQueue.Job
        let isCostly: Bool
        var isRunning = false
        var askers: [UInt64: Asker] = [:]
    }

    private struct Place {
        let ticket: UInt64
        let id: DerivationID
    }

    private(set) var running = 0
    /// Askers in the lanes: those whose derivation runs already cost nothing more.
    private(set) var waiting = 0
    private let atOnce: Int
    private let waitingLimit: Int
    private var tickets: UInt64 = 0
    private var isCostlyRunning = false
    private var entries: [DerivationID: Entry] = [:]
    private var lanes: [String: [Place]] = [:]
    /// Sources that have a lane, the one whose turn is next in front.
    private var order: [String] = []

    init(atOnce: Int, waitingLimit: Int) {
        (self.atOnce, self.waitingLimit) = (atOnce, waitingLimit)
    }

    mutating func makeTicket() -> UInt64 {
        tickets += 1
        return tickets
    }

    /// Takes an asker in; answers with whom there is no room for, itself or another.
    mutating func enter(_ asker: Asker, _ job: DerivationQueue.Job, isCostly: Bool) -> Turn? {
        guard entries[job.id]?.isRunning != true else {
            entries[job.id]?.askers[asker.ticket] = asker
            return nil
        }
        var refused: Turn?
        if waiting >= waitingLimit {
            guard let place = lastOfTheLongest(butNotOf: asker.source) else { return asker.turn }
            refused = leave(place.ticket, place.id)
        }
        entries[job.id, default: Entry(job: job, isCostly: isCostly)].askers[asker.ticket] = asker
        if lanes[asker.source] == nil { order.append(asker.source) }
        lanes[asker.source, default: []].append(Place(ticket: asker.ticket, id: job.id))
        waiting += 1
        return refused
    }

    /// Takes an asker out that is still there.
    mutating func leave(_ ticket: UInt64, _ id: DerivationID) -> Turn? {
        guard let asker = entries[id]?.askers.removeValue(forKey: ticket) else { return nil }
        if let entry = entries[id], !entry.isRunning {
            removePlaces(of: asker.source) { $0.ticket == ticket }
            if entry.askers.isEmpty { entries[id] = nil }
        }
        return asker.turn
    }

    /// The derivation that begins now; `nil` when none may.
    mutating func next() -> DerivationQueue.Job? {
        guard running < atOnce, let id = first(isCostly: false) ?? (isCostlyRunning ? nil : first(isCostly: true)),
            let entry = entries[id]
        else { return nil }
        entries[id]?.isRunning = true
        running += 1
        if entry.isCostly { isCostlyRunning = true }
        for source in Set(entry.askers.values.map(\.source)) { removePlaces(of: source) { $0.id == id } }
        return entry.job
    }

    /// A derivation has run: those that waited for it.
    mutating func finish(_ id: DerivationID) -> [Turn] {
        guard let entry = entries.removeValue(forKey: id) else { return [] }
        running -= 1
        if entry.isCostly { isCostlyRunning = false }
        return entry.askers.values.map(\.turn)
    }

    /// The derivation whose turn it is, of those that are costly or of the others. The next turn of its source comes
    /// after those of all others.
    private mutating func first(isCostly: Bool) -> DerivationID? {
        for (position, source) in order.enumerated() {
            guard let place = lanes[source]?.first(where: { entries[$0.id]?.isCostly == isCostly }) else { continue }
            order.append(order.remove(at: position))
            return place.id
        }
        return nil
    }

    /// Who has to go for an asker of another source that has fewer.
    private func lastOfTheLongest(butNotOf source: String) -> Place? {
        guard let longest = lanes.values.max(by: { $0.count < $1.count }),
            longest.count > (lanes[source]?.count ?? 0) + 1
        else { return nil }
        return longest.last
    }

    private mutating func removePlaces(of source: String, where fits: (Place) -> Bool) {
        guard var lane = lanes[source] else { return }
        let count = lane.count
        lane.removeAll(where: fits)
        waiting -= count - lane.count
        lanes[source] = lane.isEmpty ? nil : lane
        if lane.isEmpty { order.removeAll { $0 == source } }
    }
}
