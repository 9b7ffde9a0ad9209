internal import Glibc
package import Hummingbird
package import Logging
internal import NIOCore
internal import NIOExtras
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// Where a listener waits, or waited to be told: port 0 is any free port.
package enum ListenAddress: Sendable, Equatable {
    /// Host (an address) and port.
    case tcp(host: String, port: Int)
    /// Path of a Unix socket, mode 0660.
    case unix(path: String)
}

/// One listening socket with its routes, as a service.
///
/// Connections are objects on event loops; a task exists only while a request is with its route.
package struct Listener<Responder: HTTPResponder>: Service where Responder.Context == HubContext {
    private let address: ListenAddress
    private let tls: TLSIdentity?
    private let limits: ServerLimits
    private let admission: ListenerAdmission
    private let responder: Responder
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let onBound: @Sendable (ListenAddress) -> Void

    /// Describes a listener; ``run()`` opens it.
    ///
    /// - Parameters:
    ///   - tls: `nil` for plain HTTP.
    ///   - limits: what a peer may take of it.
    ///   - admission: who may open a connection.
    ///   - now: present time in Unix seconds, for the date of answers.
    ///   - onBound: called once with the address in force.
    package init(
        _ address: ListenAddress, tls: TLSIdentity?, limits: ServerLimits = ServerLimits(),
        admission: ListenerAdmission = ListenerAdmission("listener", limits: AdmissionLimits(places: 20_000)),
        responder: Responder,
        now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }, logger: Logger,
        onBound: @escaping @Sendable (ListenAddress) -> Void
    ) {
        self.address = address
        self.tls = tls
        self.limits = limits
        self.admission = admission
        self.responder = responder
        self.now = now
        self.logger = logger
        self.onBound = onBound
    }

    /// Listens until the service group shuts down: idle connections end at once, others with the answer that is under
    /// way.
    package func run() async throws {
        let (jobs, queue) = AsyncStream.makeStream(of: RequestJob.self)
        let quiescing = ServerQuiescingHelper(group: MultiThreadedEventLoopGroup.singleton)
        let setup = ConnectionSetup(tls: tls, limits: limits) { job in
            if case .terminated = queue.yield(job) { job.channel.close(promise: nil) }
        }
        let channel = try await bind(quiescing, setup)
        let stop = ListenerStop(quiescing, on: channel) { queue.finish() }
        report(channel)
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await serve(jobs)
            } onGracefulShutdown: {
                stop.begin()
            }
        } onCancel: {
            stop.begin()
        }
        if case .unix(let path) = address { unsafe unlink(path) }
    }

    private func serve(_ jobs: AsyncStream<RequestJob>) async {
        let dates = DateHeader(now: now)
        let responder = HeadAsGet(wrapped: responder)
        await withDiscardingTaskGroup { [logger] group in
            for await job in jobs {
                group.addTask { await job.run(responder, dates: dates, logger: logger) }
            }
        }
    }

    private func report(_ channel: any Channel) {
        switch address {
        case .unix(let path):
            _ = unsafe chmod(path, 0o660)
            onBound(address)
        case .tcp(let host, _): onBound(.tcp(host: host, port: channel.localAddress?.port ?? 0))
        }
    }

    private func bind(_ quiescing: ServerQuiescingHelper, _ setup: ConnectionSetup) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [admission] channel in
                channel.eventLoop.makeCompletedFuture {
                    try admission.guardAccepts(of: channel)
                    try channel.pipeline.syncOperations.addHandler(
                        quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // Small at first: idle connections keep theirs. It grows with what is received, up to a TLS record.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 16_384)
            )
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try setup.begin(channel) }
            }
        switch address {
        case .unix(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        case .tcp(let host, let port):
            // What a peer sends unasked waits in the kernel, and is handed over at once at its end: not without bound.
            let bounded = bootstrap.serverChannelOption(.socketOption(.so_rcvbuf), value: 256 * 1024)
            for _ in 0..<(port == 0 ? Self.freePortTries : 0) {
                do {
                    return try await bounded.bind(host: host, port: port).get()
                } catch let error as IOError where error.errnoCode == EADDRINUSE {
                    // Another listener was given the same free port, and was the first to listen on it.
                    continue
                }
            }
            return try await bounded.bind(host: host, port: port).get()
        }
    }

    /// How often another free port is asked for.
    private static var freePortTries: Int { 4 }
}

/// Begins to end all connections of a listener, once.
private final class ListenerStop: Sendable {
    private let quiescing: ServerQuiescingHelper
    private let hasBegun = Mutex(false)
    private let loop: any EventLoop
    private let onEnd: @Sendable () -> Void

    /// - Parameter onEnd: called when the last connection has ended.
    init(_ quiescing: ServerQuiescingHelper, on channel: any Channel, onEnd: @escaping @Sendable () -> Void) {
        self.quiescing = quiescing
        self.onEnd = onEnd
        loop = channel.eventLoop
    }

    func begin() {
        let isFirst = hasBegun.withLock { begun in
            defer { begun = true }
            return !begun
        }
        guard isFirst else { return }
        let ended = loop.makePromise(of: Void.self)
        ended.futureResult.whenComplete { [onEnd] _ in onEnd() }
        quiescing.initiateShutdown(promise: ended)
    }
}
