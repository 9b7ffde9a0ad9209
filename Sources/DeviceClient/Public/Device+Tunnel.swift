internal import PKI
internal import Transport
internal import TunnelClient
internal import Wire

/// What a device lets people reach through the hub's tunnel proxy.
public struct TunnelOffer: Sendable, Equatable {
    /// TCP ports of the device; they are reached on its loopback address.
    public var ports: Set<Int>
    /// Most people at a time.
    public var clientLimit = 32

    /// Names the ports.
    public init(ports: Set<Int>) {
        self.ports = ports
    }
}

extension Device {
    /// Keeps a connection to the hub's tunnel proxy until the task is cancelled, so that people can reach ports of this
    /// device from the gateway's side, whatever lies between.
    ///
    /// A client must show a certificate that the hub made for this device or for an operator, inside of TLS that
    /// ends here: the proxy sees nothing. A lost connection is made again within 5 seconds; a proxy that does not
    /// answer, or ends connections as soon as they are up, is tried ever more slowly, up to once a minute. Throws
    /// ``DeviceError/notProvisioned`` at once without a certificate.
    public func serveTunnels(_ offer: TunnelOffer) async throws(DeviceError) {
        guard try folder.identity() != nil else { throw .notProvisioned }
        var pause = TunnelPause()
        var proxy: Endpoint?
        while true {
            // A hub that restarts is back at the same place; only when it is not, somebody is asked where it is.
            if pause.isLong { proxy = nil }
            do throws(DeviceError) {
                let endpoint = if let proxy { proxy } else { try await tunnelProxy() }
                proxy = endpoint
                switch try await serve(offer, at: endpoint) {
                case .wasUp(let lasted): pause.wasUp(for: lasted)
                case .placeTaken: pause.placeWasTaken()
                case .failed: break
                }
            } catch {
                if error == .cancelled { throw error }
                report(.tunnelDown(reason: "\(error)"))
            }
            try await self.pause(pause.next(jitter: Double.random(in: 0..<1)))
        }
    }

    /// Where the proxy is. A `.local` name in the directory stands for the hub itself, which is reached by an address
    /// already.
    private func tunnelProxy() async throws(DeviceError) -> Endpoint {
        let url = try await service("tunnelProxy")
        guard url.hasPrefix("ssl://"),
            let location = try? HTTPSLocation(authority: String(url.dropFirst(6)), defaultPort: 2213, path: "/")
        else { throw .noSuchService(name: "tunnelProxy", known: ["ssl:// is needed, not \(url)"]) }
        var host = location.host
        if host.lowercased().hasSuffix(".local"), let hub = try folder.state().hubURL,
            let reached = try? HTTPSLocation(parsing: hub)
        {
            host = reached.host
        }
        return .tls(host: host, port: location.port)
    }

    /// What became of one connection.
    private enum Outcome {
        case wasUp(Duration)
        /// Another connection has the device's place.
        case placeTaken
        case failed
    }

    private func serve(_ offer: TunnelOffer, at endpoint: Endpoint) async throws(DeviceError) -> Outcome {
        guard let identity = try folder.identity(), let uuid = TunnelUUID(bytes: NameUUID.tunnel(of: id)) else {
            throw .notProvisioned
        }
        let own = ClientIdentity(chain: identity.chain, signer: try key())
        let now: @Sendable () -> Int64 = { [time] in time.now }
        let outer = TransportTLS(trust: .roots(identity.authority), identity: own, hub: try hubRule(), now: now)
        let expected = TunnelName.uri(of: id)
        let inner = TunnelTLS(identity: own, roots: identity.authority, now: now) { certificate in
            let roles = certificate.subject.organizationalUnits
            return roles.contains("admin") || (roles == ["client"] && certificate.uris.contains(expected))
        }
        var tunnel = DeviceTunnelOffer(uuid: uuid, name: id, ports: offer.ports, inner: inner)
        tunnel.clientLimit = offer.clientLimit
        let (error, lasted) = await run(tunnel, at: endpoint, outer)
        if Task.isCancelled { throw .cancelled }
        report(.tunnelDown(reason: error.map { "\($0)" } ?? "the connection ended"))
        if let lasted { return .wasUp(lasted) }
        return error as? TunnelFailure == .placeTaken ? .placeTaken : .failed
    }

    /// Serves until the connection ends, and reports beside it what happens.
    private func run(
        _ offer: DeviceTunnelOffer, at endpoint: Endpoint, _ tls: TransportTLS
    ) async -> (error: (any Error)?, lasted: Duration?) {
        let (events, told) = AsyncStream.makeStream(of: DeviceTunnelEvent.self, bufferingPolicy: .bufferingNewest(256))
        async let error = Self.connection(endpoint, tls, offer, told)
        var upSince: ContinuousClock.Instant?
        for await event in events {
            if event == .registered { upSince = .now }
            report(event)
        }
        return (await error, upSince.map { ContinuousClock.now - $0 })
    }

    /// Why the connection ended, when it says why.
    private static func connection(
        _ endpoint: Endpoint, _ tls: TransportTLS, _ offer: DeviceTunnelOffer,
        _ told: AsyncStream<DeviceTunnelEvent>.Continuation
    ) async -> (any Error)? {
        defer { told.finish() }
        do {
            try await DeviceTunnel.run(endpoint, tls: tls, offer: offer) { told.yield($0) }
            return nil
        } catch {
            return error
        }
    }

    private func report(_ event: DeviceTunnelEvent) {
        switch event {
        case .registered: report(.tunnelUp)
        case .clientConnected(let number, let name, let peer):
            report(.tunnelClient(number: Int(number), name: name, address: peer))
        case .portOpened(let number, let port): report(.tunnelPort(number: Int(number), port: port, isOpen: true))
        case .portRefused(let number, let port): report(.tunnelPort(number: Int(number), port: port, isOpen: false))
        case .clientLeft(let number): report(.tunnelClientLeft(number: Int(number)))
        }
    }
}
