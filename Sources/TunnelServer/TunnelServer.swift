package import HubHTTP
package import Logging
package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization
package import Wire

/// What a tunnel server has done since its start.
package struct TunnelSums: Sendable, Equatable {
    package let connections: Int
    package let tunnels: Int
    /// Bytes ever relayed.
    package let bytes: Int
    /// Bytes relayed in the last whole second.
    package let bytesPerSecond: Int
    /// Requests for admission that were refused.
    package let refused: Int
    /// Whether it takes no new connections.
    package let isDraining: Bool

    static let none = TunnelSums()

    private init() {
        (connections, tunnels, bytes, bytesPerSecond, refused, isDraining) = (0, 0, 0, 0, 0, false)
    }

    init(_ core: TunnelCore) {
        let both = [core.rendezvousCounters, core.proxyCounters]
        connections = both.reduce(0) { $0 + $1.ends }
        tunnels = both.reduce(0) { $0 + $1.tunnels }
        bytes = both.reduce(0) { $0 + $1.relayed }
        bytesPerSecond = both.reduce(0) { $0 + $1.throughput }
        refused = core.refused
        isDraining = core.isDraining
    }
}

/// Lets devices and people meet who can't reach each other (docs/protocols/tunnel.md): rendezvous of two ends, and
/// servers with many clients.
///
/// All connections live on one event loop; see ``TunnelCore``. Ends with the service group: every end gets its close
/// reason first.
package final class TunnelServer: Service {
    private let endpoints: [TunnelEndpoint]
    private let settings: TunnelSettings
    private let admission: TunnelAdmission
    private let origins: OriginRule
    private let logger: Logger
    private let onBound: @Sendable (String, ListenAddress) -> Void
    private let group: MultiThreadedEventLoopGroup
    private let core: NIOLoopBound<TunnelCore>
    /// Those over TLS whose peer showed a certificate; they end with a reason.
    let connections = OpenConnections(end: TunnelCore.end)
    private var loop: any EventLoop { group.next() }
    /// Whether the event loop still takes work.
    private let isOpen = Mutex(true)

    /// Describes a server; ``run()`` opens its listeners.
    ///
    /// - Parameters:
    ///   - admission: who may open a connection.
    ///   - origins: which web pages are the hub's own; no other one opens a WebSocket with a browser's certificate.
    ///   - gate: decides who may use tunnels.
    ///   - now: present time in Unix seconds.
    ///   - timers: what lets time pass on an event loop; that loop itself but in tests.
    ///   - journal: told of every end that is joined or leaves, on the event loop: it must not wait.
    ///   - onBound: called once for each listener with the address in force.
    package init(
        _ endpoints: [TunnelEndpoint], settings: TunnelSettings = TunnelSettings(),
        admission: TunnelAdmission = TunnelAdmission(), origins: OriginRule = OriginRule { _ in true },
        gate: any TunnelGate,
        now: @escaping @Sendable () -> Int64, timers: (@Sendable (any EventLoop) -> any TunnelTimers)? = nil,
        logger: Logger, journal: @escaping @Sendable (TunnelEvent) -> Void = { _ in },
        onBound: @escaping @Sendable (String, ListenAddress) -> Void
    ) async throws {
        self.endpoints = endpoints
        self.settings = settings
        self.admission = admission
        self.origins = origins
        self.logger = logger
        self.onBound = onBound
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.group = group
        let loop = group.next()
        core = try await loop.submit {
            NIOLoopBound(
                TunnelCore(
                    eventLoop: loop, timers: timers?(loop) ?? LoopTimers(loop: loop), settings: settings, gate: gate,
                    now: now, certificates: { endpoints.compactMap { $0.tls?.shownCertificate } }, journal: journal,
                    onMove: { count in
                        logger.notice(
                            "tunnels move to the hub's new certificate",
                            metadata: ["tunnels": "\(count)", "seconds": "\(settings.drainSeconds)"])
                    }), eventLoop: loop)
        }.get()
    }

    /// Listens until the service group shuts down, then ends all tunnels in order.
    package func run() async throws {
        var listeners: [any Channel] = []
        do {
            for endpoint in endpoints { listeners.append(try await open(endpoint)) }
            try await onLoop { $0.startTicking() }
            try? await gracefulShutdown()
            try await onLoop { $0.stopTicking() }
        } catch {
            await close(listeners)
            try await shutDown()
            throw error
        }
        await close(listeners)
        try await drain()
        try await shutDown()
    }

    /// Does something where the connections live, without waiting for it; nothing once the server has ended.
    func onLoopLater(_ body: @escaping @Sendable (TunnelCore) -> Void) {
        isOpen.withLock { [loop, core] isOpen in if isOpen { loop.execute { body(core.value) } } }
    }

    /// Closes what is left with the event loop.
    private func shutDown() async throws {
        isOpen.withLock { $0 = false }
        try await group.shutdownGracefully()
    }

    /// Does something where the connections live.
    ///
    /// - Throws: ``TunnelServerError/stopped``: an event loop that is shut down never answers.
    private func onLoop<Result: Sendable>(_ body: @escaping @Sendable (TunnelCore) throws -> Result) async throws
        -> Result
    {
        let result = isOpen.withLock { [loop, core] isOpen in isOpen ? loop.submit { try body(core.value) } : nil }
        guard let result else { throw TunnelServerError.stopped }
        return try await result.get()
    }

    private func open(_ endpoint: TunnelEndpoint) async throws -> any Channel {
        let channel = try await TunnelListener(
            endpoint: endpoint, core: core, connections: connections, limits: settings.limits,
            admission: endpoint.service == nil ? admission.monitors : admission.ends, origins: origins, group: group
        ).bind()
        switch endpoint.address {
        case .unix: onBound(endpoint.name, endpoint.address)
        case .tcp(let host, _): onBound(endpoint.name, .tcp(host: host, port: channel.localAddress?.port ?? 0))
        }
        return channel
    }

    private func close(_ listeners: [any Channel]) async {
        for listener in listeners { try? await listener.close() }
        for endpoint in endpoints { if case .unix(let path) = endpoint.address { SocketFile.remove(path) } }
    }

    /// Ends every connection with the reason of the specification; done when the last is gone, or after
    /// ``TunnelSettings/stopTimeout``: those whose peer takes nothing are then closed with the event loop.
    private func drain() async throws {
        let emptied = try await onLoop { core in
            core.isDraining = true
            core.monitors.closeAll()
            core.end(Array(core.ends.values), .stop)
            core.flush()
            return core.emptied(within: core.settings.stopTimeout)
        }
        try await emptied.get()
    }

    // MARK: - Looking and acting

    /// Whether it can still be asked.
    package var isRunning: Bool { isOpen.withLock { $0 } }

    /// Every end there is, oldest first.
    package func records() async throws -> [TunnelRecord] {
        try await onLoop { core in
            core.ends.values.map { TunnelRecord($0, $0.phase) }.sorted { $0.id < $1.id }
        }
    }

    /// Whether a server is registered under a UUID.
    package func hasServer(_ uuid: TunnelUUID) async throws -> Bool {
        try await loop.submit { [core] in core.value.table.server(uuid) != nil }.get()
    }

    /// Sums over both protocols.
    package func sums() async throws -> TunnelSums {
        try await onLoop { core in TunnelSums(core) }
    }

    /// Bytes that the server holds for each end: unfinished messages, and what the end has not taken yet.
    package func bytesHeld() async throws -> [EndID: Int] {
        try await onLoop { core in core.ends.mapValues(\.held) }
    }

    /// Most that one end was given in one turn of the event loop since the start.
    package func largestTurn() async throws -> (documents: Int, frames: Int) {
        try await onLoop { core in (core.turns.mostDocuments, core.turns.mostFrames) }
    }

    /// Most bytes that were read from one end after it was told to go.
    package func mostDropped() async throws -> Int {
        try await onLoop { core in core.turns.mostDropped }
    }

    /// Ends connections that fit; answers how many.
    @discardableResult
    package func close(
        _ reason: String = "Closed by the operator.", where fits: @escaping @Sendable (TunnelRecord) -> Bool
    ) async throws -> Int {
        try await onLoop { core in
            let ending = core.ends.values.filter { fits(TunnelRecord($0, $0.phase)) }
            for end in ending { end.close(reason) }
            core.flush()
            return ending.count
        }
    }

    /// Ends every connection in order, as a stop does, but takes new ones; answers how many it ended.
    @discardableResult
    package func restartAll() async throws -> Int {
        try await onLoop { core in
            let ending = core.ends.values.filter { if case .closing = $0.phase { false } else { true } }
            core.end(ending, .stop)
            core.flush()
            return ending.count
        }
    }
}
