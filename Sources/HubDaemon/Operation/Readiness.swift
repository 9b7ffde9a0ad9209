internal import Files
internal import FoundationEssentials
internal import HubHTTP
internal import Logging
internal import HubRuntime
internal import ServiceLifecycle
internal import Synchronization

/// Which listeners are up; waiting tasks go on when all are, or when the hub ends before.
final class Readiness: Sendable {
    private struct State {
        var addresses: [String: ListenAddress] = [:]
        var isReady = false
        /// The hub ends before it was ready: nobody waits any more.
        var isOver = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    init() {
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether every listener is up: what `/readyz` answers.
    var isReady: Bool { state.withLock(\.isReady) }

    /// Where each listener is, as far as it is up.
    var addresses: [String: ListenAddress] { state.withLock(\.addresses) }

    /// Port a listener is at; `nil` when it is no TCP listener, or not up.
    func port(_ name: String) -> Int? {
        if case .tcp(_, let port) = addresses[name] { port } else { nil }
    }

    func bound(_ name: String, _ address: ListenAddress) {
        state.withLock { $0.addresses[name] = address }
        change.yield()
    }

    /// Waits until `count` listeners are up.
    func listeners(_ count: Int) async -> [String: ListenAddress] {
        if addresses.count >= count { return addresses }
        for await _ in changes where addresses.count >= count { break }
        return addresses
    }

    func setReady() {
        wake { $0.isReady = true }
    }

    /// The hub ends without ever having been ready: a listener could not be opened.
    func giveUp() {
        change.finish()
        wake { $0.isOver = true }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Where each listener is; returns once the hub is ready, or ends before.
    func wait() async -> [String: ListenAddress] {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                let goesOn = state.isReady || state.isOver
                if !goesOn { state.waiting.append(continuation) }
                return goesOn
            }
            if goesOn { continuation.resume() }
        }
        return addresses
    }
}

/// Says that the hub is up: to systemd, in the log, and to scripts in `STATE/run/addresses.json`.
struct ReadinessService: Service {
    let readiness: Readiness
    let expected: Int
    let state: StateFolder
    let notifier: ServiceNotifier
    let logger: Logger

    func run() async throws {
        let addresses = await withTaskCancellationOrGracefulShutdownHandler {
            await readiness.listeners(expected)
        } onCancelOrGracefulShutdown: { [readiness] in
            readiness.giveUp()
        }
        // Fewer means that the group is ending because a listener could not be opened.
        guard addresses.count >= expected else { return }
        try SecureFile.write(Self.json(addresses), to: state.addresses, mode: 0o644)
        readiness.setReady()
        notifier.notify("READY=1\nSTATUS=serving")
        logger.notice("hub ready", metadata: addresses.mapValues { "\($0.text)" })
        try? await gracefulShutdown()
        notifier.notify("STOPPING=1")
        SecureFile.remove(state.addresses)
        logger.notice("hub stopping")
    }

    /// `{"https":{"host":"127.0.0.1","port":43776},"admin":{"path":"…"}}` (docs/manual.md, "Listeners").
    private static func json(_ addresses: [String: ListenAddress]) throws -> [UInt8] {
        struct Entry: Encodable {
            var host: String?
            var port: Int?
            var path: String?
        }
        let entries = addresses.mapValues { address in
            switch address {
            case .tcp(let host, let port): Entry(host: host, port: port)
            case .unix(let path): Entry(path: path)
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(entries))
    }
}

extension ListenAddress {
    /// `127.0.0.1:43776`, `[::]:43776` or a path.
    var text: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
