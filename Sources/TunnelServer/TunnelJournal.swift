internal import Journal
package import Logging
internal import Metrics
package import Reach
internal import ServiceLifecycle
internal import Synchronization

/// Writes into the audit trail who reached which device, when, and how many bytes went each way, and who was refused;
/// what happens together is written together.
package final class TunnelJournal: Service {
    /// Events that may wait for the store; beyond it they are lost, counted and logged, since tunnels must not wait.
    private static let limit = 100_000
    /// Events of one transaction.
    private static let batch = 256

    private let reach: Reach
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let waiting = Mutex<[TunnelEvent]>([])
    /// Highest number of a connection that was joined.
    private let highest = Mutex<EndID>(0)
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let lost = Counter(label: "latchkey_tunnel_audit_lost_total")

    package init(reach: Reach, now: @escaping @Sendable () -> Int64, logger: Logger) {
        self.reach = reach
        self.now = now
        self.logger = logger
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes an event; called on the event loop of the tunnels.
    package func add(_ event: TunnelEvent) {
        let isTaken = waiting.withLock { waiting in
            guard waiting.count < Self.limit else { return false }
            waiting.append(event)
            return true
        }
        if isTaken { signal.yield() } else { lost.increment() }
    }

    package func run() async throws {
        await withTaskGroup { group in
            group.addTask { [self] in
                for await _ in signals { await writeAll() }
                await writeAll()
                await endRun()
            }
            group.addTask { [self] in
                // The tunnel server is stopped before this: its farewells wait already when the signals end.
                try? await gracefulShutdown()
                signal.finish()
            }
        }
    }

    private func endRun() async {
        do {
            try await reach.endTunnelRun(highest: highest.withLock { $0 })
        } catch {
            // The next start finds the numbers in the trail.
            logger.error("the end of the tunnels can't be written down", metadata: ["error": "\(error)"])
        }
    }

    private func writeAll() async {
        while true {
            let next = waiting.withLock { waiting in
                let next = Array(waiting.prefix(Self.batch))
                waiting.removeFirst(next.count)
                return next
            }
            guard !next.isEmpty else { return }
            for case .refused(let record, let purpose, let reason) in next {
                logger.info(
                    "tunnel refused",
                    metadata: ["address": "\(record.address)", "purpose": "\(purpose)", "reason": "\(reason)"])
            }
            await write(next.map(note))
        }
    }

    private func write(_ notes: [TunnelNote]) async {
        do {
            try await reach.auditTunnels(notes)
        } catch {
            lost.increment(by: notes.count)
            logger.error("tunnels can't be written into the audit trail", metadata: ["error": "\(error)"])
        }
    }

    private func note(_ event: TunnelEvent) -> TunnelNote {
        switch event {
        case .joined(let record):
            highest.withLock { $0 = max($0, record.id) }
            return TunnelNote(
                record.role == .server ? "tunnel.register" : "tunnel.open", subject(record), by: requester(record),
                detail: [
                    "tunnel": "\(record.id)", "role": record.role.rawValue, "name": record.name,
                    "token": record.tokenID ?? "",
                    "with": record.partner.map { "\($0)" } ?? "",
                ], cause: .known)
        case .left(let record):
            return TunnelNote(
                "tunnel.close", subject(record), by: requester(record),
                detail: [
                    "tunnel": "\(record.id)", "role": record.role.rawValue,
                    "seconds": "\(max(0, now() - record.joinedAt))",
                    "bytesIn": "\(record.bytesIn)", "bytesOut": "\(record.bytesOut)",
                ], cause: .known, amounts: ["bytesIn": record.bytesIn, "bytesOut": record.bytesOut])
        case .refused(let record, let purpose, let reason):
            return TunnelNote(
                "tunnel.refuse", subject(record), by: requester(record),
                detail: ["purpose": purpose, "reason": reason, "name": String(record.name.prefix(64))],
                cause: .stranger)
        }
    }

    private func subject(_ record: TunnelRecord) -> String {
        record.deviceID ?? "tunnels"
    }

    private func requester(_ record: TunnelRecord) -> Requester {
        Requester(name: record.userName.isEmpty ? "anonymous" : record.userName, address: record.address)
    }
}
