internal import AdminServer
internal import Foundation
internal import Issuing
internal import Registry
internal import Wire

/// The program's release.
package enum Release {
    /// As `hubd --version` prints it.
    package static let version = "0.1.0"
}

/// How the hub is, for `hubctl status`.
struct HubStatus {
    let hub: Hub

    func view() async throws -> AdminStatus {
        let state = hub.announcement.state
        let isEnabled = hub.configuration.discoveryEnabled
        let counts = try await hub.registry.deviceCounts()
        return AdminStatus(
            version: Release.version, site: hub.configuration.siteName,
            startedAt: hub.startedAt.formatted(.iso8601), listeners: hub.readiness.addresses.mapValues(\.text),
            publishedName: isEnabled ? state.publishedName : nil,
            discoveryProblem: isEnabled ? state.problem : "switched off",
            devices: Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }),
            secrets: try await hub.registry.secretCount(), certificates: try await hub.issuer.certificateCount(),
            authority: AdminCertificateView(hub.issuer.authority.certificate, ou: ""))
    }
}
