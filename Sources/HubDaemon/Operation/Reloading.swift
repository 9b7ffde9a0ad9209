internal import Logging
internal import ServiceLifecycle
internal import UnixSignals
internal import Upkeep

/// Reads the configuration again at SIGHUP: what can change at once does, for the rest the log names the keys that need
/// a restart.
struct Reloading: Service {
    /// Keys that take effect without a restart.
    static let live: Set<String> = ["site.hostNames", "updates.url", "log.level"]

    let hub: Hub
    let keeper: CertificateKeeper

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            for await _ in signals { await reload() }
        }
    }

    private func reload() async {
        do {
            guard let next = try hub.reload() else { return }
            let changed = ConfigurationKey.all.filter { $0.show(next) != $0.show(hub.configuration) }.map(\.name)
            let late = changed.filter { !Self.live.contains($0) }
            hub.settings.replace(next)
            await keeper.refresh()
            hub.logger.notice("configuration reloaded", metadata: ["changed": "\(changed.joined(separator: ", "))"])
            if !late.isEmpty {
                hub.logger.warning(
                    "restart the hub for these keys", metadata: ["keys": "\(late.joined(separator: ", "))"])
            }
        } catch {
            hub.logger.error(
                "configuration not reloaded, the old one stays", metadata: ["error": "\(StartFailure.line(for: error))"]
            )
        }
    }
}
