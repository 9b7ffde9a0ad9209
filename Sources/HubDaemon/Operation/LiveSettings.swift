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

    /// DNS names of the hub, the `.local` one first.
    var hostNames: [String] { values.withLock(\.hostNames) }

    /// The same, those of `site.hostNames` first: an operator who gave names wants them used.
    var preferredNames: [String] { values.withLock(\.preferredNames) }

    /// Where devices get their updates, scheme to port; empty: the way they came.
    var updatesURL: String { values.withLock(\.updatesURL) }

    /// Lowest level that is logged.
    package var level: Logger.Level { values.withLock(\.level) }

    private static func values(_ configuration: HubConfiguration) -> Values {
        Values(
            hostNames: [HostNames.local()] + configuration.hostNames,
            preferredNames: configuration.hostNames + [HostNames.local()], updatesURL: configuration.updatesURL,
            level: Logger.Level(rawValue: configuration.logLevel) ?? .notice)
    }
}
