internal import NIOCore
internal import NIOPosix
package import Transport
package import Wire

/// What a device offers through the tunnel proxy.
package struct DeviceTunnelOffer: Sendable {
    /// UUID it registers under.
    package var uuid: TunnelUUID
    /// Name it gives itself.
    package var name: String
    /// TCP ports of the device that may be reached.
    package var ports: Set<Int>
    /// The way inside the tunnel.
    package var inner: TunnelTLS
    /// Most clients at a time.
    package var clientLimit = 32
    /// How long one of them may hold the others up.
    package var patience = TunnelPatience()
    /// Pause without a word from the proxy after which it is asked whether it is there.
    package var pingInterval: Duration = .seconds(30)

    package init(uuid: TunnelUUID, name: String, ports: Set<Int>, inner: TunnelTLS) {
        self.uuid = uuid
        self.name = name
        self.ports = ports
        self.inner = inner
    }
}

/// What happened to a device's end.
package enum DeviceTunnelEvent: Sendable, Equatable {
    /// The proxy knows the device.
    case registered
    case clientConnected(address: UInt16, name: String, peer: String)
    /// Somebody reached a port.
    case portOpened(address: UInt16, port: Int)
    /// Somebody asked for a port that is not offered, or that nobody listens on.
    case portRefused(address: UInt16, port: Int)
    case clientLeft(address: UInt16)
}

/// The device's end: keeps one connection to the tunnel proxy, through which any number of people reach it.
package enum DeviceTunnel {
    /// Registers and serves until the connection ends or the task is cancelled; throws why it ended.
    package static func run(
        _ endpoint: Endpoint, tls: TransportTLS, offer: DeviceTunnelOffer, limits: TransportLimits = TransportLimits(),
        onEvent: @escaping @Sendable (DeviceTunnelEvent) -> Void
    ) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await ClientChannel.open(endpoint, tls: tls, limits: limits, loop: loop) { channel in
                try channel.pipeline.syncOperations.addHandler(
                    DeviceTunnelHandler(offer: offer, loop: loop, done: done, onEvent: onEvent))
            }
        } catch {
            done.fail(error)
            throw error
        }
        try await withTaskCancellationHandler {
            try await done.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}
