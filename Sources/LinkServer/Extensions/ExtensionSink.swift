package import Devices
internal import Encoding
package import Logging

/// Keeps what devices tell over their links. That something can't be kept is no reason to end a link: it is logged, in
/// one constant text, whose lines the hub's log bounds.
package struct ExtensionSink: Sendable {
    private let health: Health
    private let logger: Logger

    package init(health: Health, logger: Logger) {
        self.health = health
        self.logger = logger
    }

    /// Returns when it is kept, or is known not to be: a link that waits for it reads no faster than the store writes.
    package func keep(_ finding: DeviceFinding, of deviceID: String) async {
        do {
            switch finding {
            case .health(let report): try await health.take(report, of: deviceID)
            case .location(let report): try await health.take(report, of: deviceID)
            case .logs(let lines): try await health.take(lines, of: deviceID)
            case .identities(let identities): try await health.take(identities, of: deviceID)
            case .interface(let interface): try await health.take(interface, of: deviceID)
            case .connectionTypes(let types): try await health.take(connectionTypes: types, of: deviceID)
            }
        } catch {
            let kind = (error as? any DomainError)?.kind ?? .fault
            logger.error(
                "what a device told is lost",
                metadata: ["device": "\(deviceID)", "kind": "\(kind.rawValue)", "error": "\(error)"])
        }
    }
}
