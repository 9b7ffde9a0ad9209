internal import Logging
internal import Metrics
internal import Registry
internal import ServiceLifecycle
internal import TunnelServer

/// Writes into the audit trail who reached which device, when, and how many bytes went each way.
final class TunnelJournal: Service {
    /// Events that may wait for the store; beyond it they are lost, counted and logged, since tunnels must not wait.
    private static let limit = 100_000

    private let registry: Registry
    private let logger: Logger
    private let events: AsyncStream<TunnelEvent>
    private let told: AsyncStream<TunnelEvent>.Continuation
    private let lost = Counter(label: "latchkey_tunnel_audit_lost_total")

    init(registry: Registry, logger: Logger) {
        self.registry = registry
        self.logger = logger
        (events, told) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.limit))
    }

    /// Takes an event; called on the event loop of the tunnels.
    func add(_ event: TunnelEvent) {
        guard case .dropped = told.yield(event) else { return }
        lost.increment()
    }

    func run() async throws {
        // Ends a moment after the tunnel server, which is stopped first: the last events are its farewells.
        await withTaskGroup { group in
            group.addTask { [self] in for await event in events { await write(event) } }
            group.addTask { [self] in
                try? await gracefulShutdown()
                told.finish()
            }
        }
    }

    private func write(_ event: TunnelEvent) async {
        do {
            switch event {
            case .joined(let record):
                try await registry.auditTunnel(
                    record.role == .server ? "tunnel.register" : "tunnel.open", subject(record),
                    by: requester(record),
                    detail: [
                        "tunnel": "\(record.id)", "name": String(record.name.prefix(64)),
                        "token": record.tokenID ?? "", "with": record.partner.map { "\($0)" } ?? "",
                    ])
            case .left(let record):
                try await registry.auditTunnel(
                    "tunnel.close", subject(record), by: requester(record),
                    detail: [
                        "tunnel": "\(record.id)", "seconds": "\(max(0, registry.now() - record.joinedAt))",
                        "bytesIn": "\(record.bytesIn)", "bytesOut": "\(record.bytesOut)",
                    ])
            }
        } catch {
            lost.increment()
            logger.error("a tunnel can't be written into the audit trail", metadata: ["error": "\(error)"])
        }
    }

    private func subject(_ record: TunnelRecord) -> String {
        record.deviceID ?? "tunnels"
    }

    private func requester(_ record: TunnelRecord) -> Requester {
        Requester(name: record.userName.isEmpty ? "anonymous" : record.userName, address: record.address)
    }
}
