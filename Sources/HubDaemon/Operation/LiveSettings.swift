internal import HubRuntime
package import Logging
internal import Synchronization

/// Settings that change while the hub runs: SIGHUP reads them again.
package final class LiveSettings: Sendable {
    private struct Values {
        var hostNames: [String]
        var preferredNames: [String]
        var updatesURL: String
        var level: Logger.Level
    }

    private let values: Mutex<Values>

    /// Takes them from a configuration.
    package init(_ configuration: HubConfiguration) {
        values = Mutex(Self.values(configuration))
    }

    /// Takes them from another configuration.
    func replace(_ configuration: HubConfiguration) {
        values.withLock { $0 = Self.values(configuration) }
    }

    /// Names of the hub, the `.local` one first, and addresses that the operator gave it.
    var hostNames: [String] { values.withLock(\.hostNames) }

    /// The same as hosts of URLs, those of `site.hostNames` first: an operator who gave names wants them used.
    var preferredNames: [String] { values.withLock(\.preferredNames) }

    /// Where devices get their updates, scheme to port; empty: the way they came.
    var updatesURL: String { values.withLock(\.updatesURL) }

    /// What the hub's certificate holds: its names, and the addresses of its interfaces beside those that the
    /// operator gave it.
    var certificateNames: (names: [String], addresses: [String]) {
        let (names, given) = HubNames.split(hostNames)
        let own = ThisHost.addresses()
        return (names, own + given.filter { !own.contains($0) })
    }

    /// Lowest level that is logged.
    package var level: Logger.Level { values.withLock(\.level) }

    private static func values(_ configuration: HubConfiguration) -> Values {
        let given = configuration.hostNames.filter { $0 != ThisHost.localName() }
        return Values(
            hostNames: [ThisHost.localName()] + given,
            preferredNames: given.map { $0.contains(":") ? "[\($0)]" : $0 } + [ThisHost.localName()],
            updatesURL: configuration.updatesURL,
            level: Logger.Level(rawValue: configuration.logLevel) ?? .notice)
    }
}
