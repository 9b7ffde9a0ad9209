internal import NIOCore
internal import NIOPosix
internal import NIOSSL
package import PKI
internal import Synchronization

/// A server that does exactly what its script says, also what no honest server does.
package struct ScriptedServer: Sendable {
    /// What happens on one connection.
    package typealias Script = @Sendable (PeerConnection) async throws -> Void

    /// How it shows itself.
    package struct TLS: Sendable {
        /// The identity for the connection of this number.
        package var identity: @Sendable (Int) -> PeerIdentity
        /// Roots of the client certificates that are demanded; nil demands none.
        package var clientRoots: [Certificate]?
        /// Only TLS 1.2 is spoken.
        package var isOld: Bool

        package init(
            clientRoots: [Certificate]? = nil, isOld: Bool = false, identity: @escaping @Sendable (Int) -> PeerIdentity
        ) {
            self.identity = identity
            self.clientRoots = clientRoots
            self.isOld = isOld
        }
    }

    /// A connection nobody reads from yet.
    private struct Accepted: Sendable {
        let number: Int
        let channel: any Channel
    }

    private typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// TCP port on 127.0.0.1; 0 for a Unix socket.
    package let port: Int

    /// Runs `body` while a server runs beside it, then ends the server and all its connections.
    @discardableResult
    package static func run<Value: Sendable>(
        tls: TLS? = nil, unixSocket: String? = nil, script: @escaping Script,
        body: @Sendable (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let counter = Counter()
        let listener = try await bind(tls: tls, unixSocket: unixSocket, counter: counter)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await serve(listener, script) }
            let server = ScriptedServer(port: listener.channel.localAddress?.port ?? 0)
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(server))
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            while await group.nextResult() != nil {}
            return try result.get()
        }
    }

    private static func bind(
        tls: TLS?, unixSocket: String?, counter: Counter
    ) async throws -> NIOAsyncChannel<Accepted, Never> {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Accepted> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let number = counter.next()
                if let tls {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLServerHandler(context: try context(tls, number)))
                }
                return Accepted(number: number, channel: channel)
            }
        }
        if let unixSocket {
            return try await bootstrap.bind(unixDomainSocketPath: unixSocket, childChannelInitializer: prepare)
        }
        return try await bootstrap.bind(host: "127.0.0.1", port: 0, childChannelInitializer: prepare)
    }

    private static func context(_ tls: TLS, _ number: Int) throws -> NIOSSLContext {
        let identity = tls.identity(number)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try identity.chain.map {
                .certificate(try NIOSSLCertificate(bytes: $0.der, format: .der))
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(try identity.key.pem().utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.shutdownTimeout = .milliseconds(200)
        if tls.isOld { configuration.maximumTLSVersion = .tlsv12 }
        if let roots = tls.clientRoots {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(
                try roots.map { try NIOSSLCertificate(bytes: $0.der, format: .der) })
        }
        return try NIOSSLContext(configuration: configuration)
    }

    private static func serve(
        _ listener: NIOAsyncChannel<Accepted, Never>, _ script: @escaping Script
    ) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { clients in
                for try await accepted in clients {
                    group.addTask {
                        // A client that goes away, or is refused in the handshake, is part of many scripts.
                        try? await client(accepted).executeThenClose { inbound, outbound in
                            try await script(
                                PeerConnection(
                                    number: accepted.number, inbound: inbound.makeAsyncIterator(), outbound: outbound,
                                    eventLoop: accepted.channel.eventLoop))
                        }
                    }
                }
            }
        }
    }

    /// Begins to read. Not earlier: what a task reads from must be used once it exists, and a server may end before it
    /// has looked at its last clients.
    private static func client(_ accepted: Accepted) async throws -> Client {
        let channel = accepted.channel
        return try await channel.eventLoop.submit {
            guard channel.isActive else { throw ChannelError.ioOnClosedChannel }
            let client = try Client(wrappingChannelSynchronously: channel)
            channel.setOption(.autoRead, value: true).whenFailure { _ in }
            return client
        }.get()
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
