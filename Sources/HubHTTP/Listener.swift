internal import Glibc
package import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Where a listener waits, or waited to be told: port 0 is any free port.
package enum ListenAddress: Sendable, Equatable {
    /// Host (an address) and port.
    case tcp(host: String, port: Int)
    /// Path of a Unix socket, mode 0660.
    case unix(path: String)
}

/// One listening socket with its routes, as a service.
package struct Listener<Responder: HTTPResponder>: Service where Responder.Context == HubContext {
    /// Connections one listener holds at most; further ones wait in the kernel's queue.
    private static var connectionLimit: Int { 20_000 }

    private let address: ListenAddress
    private let tls: TLSIdentity?
    private let responder: Responder
    private let logger: Logger
    private let onBound: @Sendable (ListenAddress) -> Void

    /// Describes a listener; ``run()`` opens it.
    ///
    /// - Parameters:
    ///   - tls: `nil` for plain HTTP.
    ///   - onBound: called once with the address in force.
    package init(
        _ address: ListenAddress, tls: TLSIdentity?, responder: Responder, logger: Logger,
        onBound: @escaping @Sendable (ListenAddress) -> Void
    ) {
        self.address = address
        self.tls = tls
        self.responder = responder
        self.logger = logger
        self.onBound = onBound
    }

    /// Listens until the service group shuts down.
    package func run() async throws {
        let application = Application(
            responder: responder, server: .init { [tls] responder in HubChannel(responder: responder, tls: tls) },
            configuration: .init(
                address: bindAddress, backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionLimit)),
            onServerRunning: { [address, onBound] channel in
                switch address {
                case .unix(let path):
                    _ = unsafe chmod(path, 0o660)
                    onBound(address)
                case .tcp(let host, _):
                    onBound(.tcp(host: host, port: channel.localAddress?.port ?? 0))
                }
            }, logger: logger)
        try await application.run()
        if case .unix(let path) = address { unsafe unlink(path) }
    }

    private var bindAddress: BindAddress {
        switch address {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }
}
