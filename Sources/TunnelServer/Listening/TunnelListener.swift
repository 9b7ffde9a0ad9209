internal import Glibc
package import HubHTTP
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Where a tunnel server waits, and for what.
package struct TunnelEndpoint: Sendable {
    /// Its word in the configuration: `tunnelTCP`.
    package let name: String
    /// Which protocol it speaks; `nil` for monitors.
    package let service: TunnelService?
    /// Whether connections begin with a WebSocket upgrade.
    package let isWebSocket: Bool
    package let address: ListenAddress
    /// What it shows; `nil` for plain connections, which are possible on loopback and Unix sockets only.
    package let tls: TLSIdentity?

    package init(
        name: String, service: TunnelService?, isWebSocket: Bool = false, address: ListenAddress,
        tls: TLSIdentity? = nil
    ) {
        self.name = name
        self.service = service
        self.isWebSocket = isWebSocket
        self.address = address
        self.tls = tls
    }
}

/// Which of the two protocols a listener speaks.
package enum TunnelService: String, Sendable {
    /// Part A of docs/protocols/tunnel.md.
    case rendezvous
    case proxy
}

/// Accepts connections and builds their pipelines.
struct TunnelListener {
    let endpoint: TunnelEndpoint
    let core: NIOLoopBound<TunnelCore>
    let connections: OpenConnections
    let limits: TunnelLimits
    let admission: ListenerAdmission
    let origins: OriginRule
    let group: any EventLoopGroup

    /// Opens the socket.
    ///
    /// - Throws: ``TunnelServerError``.
    func bind() async throws -> any Channel {
        do {
            return try await open()
        } catch let error as TunnelServerError {
            throw error
        } catch {
            throw TunnelServerError.cannotListen(endpoint.name, reason: BindFailure.text(error))
        }
    }

    private func open() async throws -> any Channel {
        let queue = limits.queueBytes
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [admission] channel in
                channel.eventLoop.makeCompletedFuture { try admission.guardAccepts(of: channel) }
            }
            // Small at first: ten thousand idle ends keep theirs. It grows with what is received.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)
            )
            // At most 128 KiB come in one turn: they may all have to wait for the partner.
            .childChannelOption(.maxMessagesPerRead, value: 2)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: queue / 4, high: queue))
            .childChannelInitializer { [endpoint, core, connections, origins] channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.setUp(channel, endpoint, core.value, connections, origins)
                }
            }
        switch endpoint.address {
        case .unix(let path):
            let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            _ = unsafe chmod(path, 0o660)
            return channel
        case .tcp(let host, let port):
            guard endpoint.tls != nil || Self.isLoopback(host) else {
                throw TunnelServerError.plainNetwork(endpoint.name)
            }
            return
                try await bootstrap
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
                .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 60)
                .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 15)
                .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 4)
                .bind(host: host, port: port).get()
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        // A name that begins like an address is none.
        host == "::1" || (host.hasPrefix("127.") && host.allSatisfy { $0 == "." || ("0"..."9").contains($0) })
    }

    private static func setUp(
        _ channel: any Channel, _ endpoint: TunnelEndpoint, _ core: TunnelCore, _ connections: OpenConnections,
        _ origins: OriginRule
    ) throws {
        guard let service = endpoint.service else {
            return try channel.pipeline.syncOperations.addHandler(TunnelMonitor(core: core))
        }
        guard !core.isDraining else { throw TunnelServerError.stopped }
        guard let tls = endpoint.tls else {
            return try addEnd(channel, endpoint, service, Connection(peer: Peer(of: channel)), core, origins)
        }
        let timeout = TimeAmount(core.settings.handshakeTimeout)
        // Until it says something, a connection is a socket and no end.
        try channel.pipeline.syncOperations.addHandler(
            FirstByteHandler(timeout: timeout) { context in
                let connection = try tls.secure(context.channel, timeout: timeout, connections: connections)
                try addEnd(context.channel, endpoint, service, connection, core, origins)
            })
    }

    private static func addEnd(
        _ channel: any Channel, _ endpoint: TunnelEndpoint, _ service: TunnelService, _ connection: Connection,
        _ core: TunnelCore, _ origins: OriginRule
    ) throws {
        guard !core.isDraining else { throw TunnelServerError.stopped }
        let transport: TunnelTransport =
            endpoint.isWebSocket ? .webSocket : connection.peer.address == "local" ? .unix : .tcp
        let end = TunnelEnd(
            id: core.nextID(), core: core, connection: connection, service: service, transport: transport)
        let pipeline = channel.pipeline.syncOperations
        guard endpoint.isWebSocket else { return try pipeline.addHandler(end) }
        try TunnelUpgrade.configure(
            pipeline, for: end, origins: origins, timeout: TimeAmount(core.settings.upgradeTimeout))
    }
}

/// Why a tunnel server does not listen, or a connection is not taken.
package enum TunnelServerError: Error, Equatable, Sendable {
    /// Without TLS a listener may wait on loopback and on Unix sockets only.
    case plainNetwork(String)
    /// The address of a listener can't be had.
    case cannotListen(String, reason: String)
    /// The server has ended.
    case stopped
}
