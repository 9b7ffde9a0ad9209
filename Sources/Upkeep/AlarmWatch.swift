package import Devices
package import Issuing
package import Journal
package import Logging
internal import Metrics
internal import HubRuntime
internal import PKI
package import Secrets
internal import ServiceLifecycle

/// Looks for what an operator should look at: certificates that end, alarms whose cause is gone, a pairing window whose
/// time is over. Keeps the metric of the alarms.
package struct AlarmWatch: Service {
    private let journal: Journal
    private let secrets: Secrets
    private let pairingWindows: PairingWindows
    private let issuer: Issuer
    private let logger: Logger
    private let gauges: [AlarmKind: Gauge]

    private static let pause: Duration = .seconds(10)
    /// Once a minute.
    private static let turnsOfAlarms = 6
    /// Every ten minutes: it reads the record of every device.
    private static let turnsOfCertificates = 60

    package init(journal: Journal, secrets: Secrets, pairingWindows: PairingWindows, issuer: Issuer, logger: Logger) {
        self.journal = journal
        self.secrets = secrets
        self.pairingWindows = pairingWindows
        self.issuer = issuer
        self.logger = logger
        gauges = Dictionary(
            uniqueKeysWithValues: AlarmKind.allCases.map { kind in
                (kind, Gauge(label: "latchkey_alarms", dimensions: [("kind", kind.rawValue)]))
            })
    }

    package func run() async throws {
        await look(turn: 0)
        let turns = Turns()
        await Repetition(every: Self.pause).run { await look(turn: turns.next()) }
    }

    /// One look, the turns counted from 0; a failure is logged and tried again at the next.
    package func look(turn: Int) async {
        do {
            if turn.isMultiple(of: Self.turnsOfCertificates) {
                try await CertificateExpiry(issuer: issuer).sweepExpiring()
            }
            if turn.isMultiple(of: Self.turnsOfAlarms) {
                try await pairingWindows.sweep()
                if try await CertificateExpiry(issuer: issuer).sweepAuthority() {
                    logger.error(
                        "the authority has ended, nothing is signed until another one is in place",
                        metadata: ["ca.end": "\(issuer.authority.certificate.notAfter)"])
                }
                try await secrets.clearEndedLocks()
                try await journal.sweepAlarms()
            }
        } catch {
            logger.error("looking for alarms failed", metadata: ["error": "\(error)"])
        }
        await measure()
    }

    private func measure() async {
        do {
            let counts = try await journal.alarmCounts()
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
