internal import Journal
internal import Store

/// Samples are thinned with age and removed like log lines, by the slow time: a clock that jumps forward must not cost
/// the history (docs/time.md).
extension Health: Sweepable {
    package func sweep() async throws {
        let slow = journal.slowTime
        try await store.write { db in
            try SampleStore.removeOld(before: slow / 60 - HealthLimits.sampleMinutes, in: db)
            try LogStore.removeOld(before: slow - HealthLimits.logSeconds, in: db)
        }
        for grain in HealthLimits.grains { try await thin(age: grain.age, minutes: grain.minutes, now: slow / 60) }
    }

    /// Leaves one sample of so many minutes where they are of some age.
    ///
    /// How far it got is kept, and each span is a write of its own, so that a sweep reads what has come of age since
    /// the one before and holds no other writer up.
    private func thin(age: Int64, minutes: Int64, now: Int64) async throws {
        let setting = "health.thinned.\(minutes)"
        let end = (now - age) / minutes * minutes
        let done = try await store.lookUp { db in
            try Settings.value(setting, in: db).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
        }
        guard done != end else { return }
        let oldest = (now - HealthLimits.sampleMinutes) / minutes * minutes
        // A clock that was set back has moved samples to where it has been.
        var from = done.map { $0 > end ? oldest : max($0, oldest) } ?? oldest
        while let first = try await firstMinute(from: from, before: end) {
            let start = first / minutes * minutes
            from = start + minutes
            try await store.write { [from] db in try SampleStore.thin(from: start, before: from, in: db) }
        }
        try await store.write { db in try Settings.set(setting, to: Array(String(end).utf8), in: db) }
    }

    private func firstMinute(from: Int64, before end: Int64) async throws -> Int64? {
        guard from < end else { return nil }
        return try await store.lookUp { db in try SampleStore.firstMinute(from: from, before: end, in: db) }
    }
}
