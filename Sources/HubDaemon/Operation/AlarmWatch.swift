internal import Devices
internal import Issuing
internal import Journal
internal import Logging
internal import Metrics
internal import PKI
internal import HubRuntime
internal import Rooms
internal import Secrets
internal import ServiceLifecycle

/// Looks for what an operator should look at: certificates that end, alarms whose cause is gone, a pairing window whose
/// time is over. Keeps the metric of the alarms.
struct AlarmWatch: Service {
    let rooms: Rooms
    let issuer: Issuer
    let logger: Logger

    private static let pause: Duration = .seconds(10)
    /// Once a minute.
    private static let turnsOfAlarms = 6
    /// Every ten minutes: it reads the record of every device.
    private static let turnsOfCertificates = 60

    func run() async throws {
        let gauges = Dictionary(
            uniqueKeysWithValues: AlarmKind.allCases.map { kind in
                (kind, Gauge(label: "latchkey_alarms", dimensions: [("kind", kind.rawValue)]))
            })
        await turn(0, gauges)
        let turns = Turns()
        await Repetition(every: Self.pause).run { await turn(turns.next(), gauges) }
    }

    /// One look; a failure is logged and tried again at the next.
    private func turn(_ number: Int, _ gauges: [AlarmKind: Gauge]) async {
        do {
            if number.isMultiple(of: Self.turnsOfCertificates) {
                try await CertificateExpiry(issuer: issuer).sweepExpiring()
            }
            if number.isMultiple(of: Self.turnsOfAlarms) {
                try await rooms.pairingWindows.sweep()
                if try await CertificateExpiry(issuer: issuer).sweepAuthority() {
                    logger.error(
                        "the authority has ended, nothing is signed until another one is in place",
                        metadata: ["ca.end": "\(issuer.authority.certificate.notAfter)"])
                }
                try await rooms.secrets.clearEndedLocks()
                try await rooms.journal.sweepAlarms()
            }
        } catch {
            logger.error("looking for alarms failed", metadata: ["error": "\(error)"])
        }
        await measure(gauges)
    }

    private func measure(_ gauges: [AlarmKind: Gauge]) async {
        do {
            let counts = try await rooms.journal.alarmCounts()
            for (kind, gauge) in gauges { gauge.record(counts[kind] ?? 0) }
        } catch {
            logger.error("alarms can't be counted", metadata: ["error": "\(error)"])
        }
    }

    private actor Turns {
        private var count = 0

        func next() -> Int {
            count += 1
            return count
        }
    }
}
