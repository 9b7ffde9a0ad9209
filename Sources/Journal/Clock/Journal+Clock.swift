internal import Encoding
internal import Store
internal import Synchronization

/// What the hub knows of its clock in memory.
struct ClockState: Sendable {
    var keeper: ClockKeeper
    /// The other clock when the store was last told.
    var storedAt: Int64
    /// The latest time the clock has shown before it was set back, Unix seconds.
    var wrongUntil: Int64 = 0
    /// The last time the clock was set back: how far, in seconds, and when, Unix seconds by the clock as it is now.
    var setBack: (seconds: Int64, at: Int64)?
}

/// The rule for times that are kept (docs/time.md).
extension Journal {
    /// The time by which things are thrown away that a wrong clock must not cost at once, Unix seconds: see
    /// ``ClockKeeper``.
    package var slowTime: Int64 {
        clock.withLock { $0?.keeper.slowTime(now: now(), steady: steady()) } ?? now()
    }

    /// The time by which things are thrown away that must never come to life again, Unix seconds: see ``ClockKeeper``.
    package var slowestTime: Int64 {
        clock.withLock { $0?.keeper.slowestTime(now: now(), steady: steady()) } ?? now()
    }

    /// The latest time the clock has shown before it was set back, Unix seconds: what was dated until then may lie.
    package var clockWrongUntil: Int64 { clock.withLock { $0?.wrongUntil ?? 0 } }

    /// The last time the clock was found to be set back, since the hub's start: how far, in seconds, and when, Unix
    /// seconds.
    package var lastSetBack: (seconds: Int64, at: Int64)? { clock.withLock { $0?.setBack } }

    /// Looks at the clock; called every few seconds, and once before anything else that reads times from the store.
    ///
    /// When it was set back, whatever is kept and was begun later than now begins now, and no deadline is further away
    /// than its own length: what a clock that was ahead has written must neither last for a year nor come to life again
    /// in a year. It is told in the audit trail and by the alarm ``AlarmKind/clockSetBack``.
    /// - Returns: what happened since the last look.
    package func lookAtClock() async throws -> ClockChange? {
        let (now, steady) = (now(), steady())
        let isFirst = clock.withLock { $0 == nil }
        let kept = isFirst ? try await ClockStore.times(in: store) : nil
        let (change, isDue) = clock.withLock { state -> (ClockChange?, Bool) in
            let change: ClockChange?
            if state == nil, let kept {
                let resumed = ClockKeeper.resuming(kept.kept, now: now, steady: steady)
                state = ClockState(keeper: resumed.keeper, storedAt: steady, wrongUntil: kept.wrongUntil)
                change = resumed.change
            } else if state == nil {
                state = ClockState(keeper: ClockKeeper(now: now, steady: steady), storedAt: steady)
                change = nil
            } else {
                change = state?.keeper.look(now: now, steady: steady)
            }
            if case .back(let from, let to) = change {
                let wrongUntil = max(state?.wrongUntil ?? 0, from)
                state?.wrongUntil = wrongUntil
                state?.setBack = (from - to, to)
            }
            let isDue = isFirst || change != nil || steady - (state?.storedAt ?? 0) >= Self.clockStoreSeconds
            if isDue { state?.storedAt = steady }
            return (change, isDue)
        }
        guard isDue else { return nil }
        let state = clock.withLock { $0 }
        guard let times = state.map({ ClockStore.Times(kept: $0.keeper.kept, wrongUntil: $0.wrongUntil) }) else {
            return nil
        }
        try await store.write { [self] db in
            // At a start always: the jump may have come between the last look and the end of the run before.
            if isFirst { try settle(at: now, in: db) }
            if let change { try note(change, in: db) }
            try ClockStore.set(times, in: db)
        }
        if case .back = change { endings.announce(.clockSetBack) }
        return change
    }

    /// The store learns of the clock this often, in seconds.
    private static let clockStoreSeconds: Int64 = 600

    private func note(_ change: ClockChange, in db: Database) throws {
        switch change {
        case .forward(let from, let to):
            try audit(
                "clock.forward", "hub", by: .hub, detail: ["from": RFC3339.text(from), "to": RFC3339.text(to)], in: db)
        case .back(let from, let to):
            try settle(at: to, in: db)
            try audit(
                "clock.back", "hub", by: .hub, detail: ["from": RFC3339.text(from), "to": RFC3339.text(to)], in: db)
            try raiseAlarm(
                .clockSetBack, "hub",
                detail: "the hub's clock was set back from \(RFC3339.text(from)) to \(RFC3339.text(to))", in: db)
        }
    }
}
