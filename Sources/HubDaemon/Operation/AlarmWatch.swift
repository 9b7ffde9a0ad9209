internal import Issuing
internal import Logging
internal import Metrics
internal import Registry
internal import ServiceLifecycle

/// Looks for what an operator should look at: certificates that end, alarms whose cause is gone, a pairing window whose time is
/// over. Keeps the metric of the alarms.
struct AlarmWatch: Service {
    let issuer: Issuer
    let logger: Logger

    /// The gauges are looked after at each turn, the rest at every sixth, once a minute.
    private static let pause: Duration = .seconds(10)

    func run() async throws {
        let gauges = Dictionary(
            uniqueKeysWithValues: AlarmKind.allCases.map { kind in
                (kind, Gauge(label: "latchkey_alarms", dimensions: [("kind", kind.rawValue)]))
            })
        await sweep()
        await measure(gauges)
        let turns = Turns()
        await Repetition(every: Self.pause).run {
            if await turns.isSixth() { await sweep() }
            await measure(gauges)
        }
    }

    /// One look at everything; a failure is logged and tried again at the next.
    func sweep() async {
        do {
            try await issuer.registry.sweepPairing()
            try await issuer.sweepExpiring()
            try await issuer.sweepAuthority()
            try await issuer.registry.sweepAlarms()
        } catch {
            logger.error("looking for alarms failed", metadata: ["error": "\(error)"])
        }
    }

    private func measure(_ gauges: [AlarmKind: Gauge]) async {
        do {
            let counts = try await issuer.registry.alarmCounts()
            for (kind, gauge) in gauges { gauge.record(counts[kind] ?? 0) }
        } catch {
            logger.error("alarms can't be counted", metadata: ["error": "\(error)"])
        }
    }

    private actor Turns {
        private var count = 0

        func isSixth() -> Bool {
            count += 1
            return count.isMultiple(of: 6)
        }
    }
}
