internal import AdminAPI
internal import AdminServer
internal import Devices
internal import Encoding
internal import Foundation
internal import Issuing
internal import Journal
internal import PKI
internal import HubRuntime
internal import Rooms
internal import Secrets

/// The hub as the admin API shows it.
struct HubStatus: DaemonView {
    let hub: Hub

    var isReady: Bool { hub.readiness.isReady }
    var metrics: String { hub.metrics.text }
    var importFolder: String { hub.state.imports }

    func problems(inConfiguration text: String) -> [String] { ConfigurationLoader.problems(inFile: text) }

    func status() async throws -> AdminStatus {
        let state = hub.announcement.state
        let isEnabled = hub.configuration.discoveryEnabled
        let now = hub.rooms.journal.now()
        let counts = try await hub.rooms.devices.deviceCounts()
        return AdminStatus(
            version: Release.version, site: hub.configuration.siteName,
            startedAt: hub.startedAt.formatted(.iso8601), listeners: hub.readiness.addresses.mapValues(\.text),
            publishedName: isEnabled ? state.publishedName : nil,
            discoveryProblem: isEnabled ? state.problem : "switched off",
            devices: Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }),
            secrets: try await hub.rooms.secrets.secretCount(),
            certificates: try await hub.issuer.certificateCount(),
            authority: AdminCertificateView(hub.issuer.authority.certificate, ou: ""), time: RFC3339.text(now),
            clockProblem: clockProblem(now))
    }

    /// What is wrong with the hub's clock, as far as it can tell.
    private func clockProblem(_ now: Int64) -> String? {
        let authority = hub.issuer.authority.certificate
        if authority.notBefore > now {
            let begin = RFC3339.text(authority.notBefore)
            return "the authority begins \(begin): the clock is behind, or was ahead when it was made"
        }
        guard let jump = hub.rooms.journal.lastSetBack else { return nil }
        return "set back by \(jump.seconds) s at \(RFC3339.text(jump.at))"
    }
}
