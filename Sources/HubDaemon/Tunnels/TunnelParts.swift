internal import HubHTTP
internal import Journal
internal import Logging
internal import HubRuntime
internal import Reach
internal import Rooms
internal import ServiceLifecycle
internal import Synchronization
package import TunnelServer

/// The running tunnel server, for those who look at it and end its connections.
final class TunnelHandle: Sendable {
    private let running = Mutex<TunnelServer?>(nil)

    /// The server; `nil` when there is none or it has ended.
    var server: TunnelServer? { running.withLock { $0 }.flatMap { $0.isRunning ? $0 : nil } }

    func set(_ server: TunnelServer) {
        running.withLock { $0 = server }
    }
}

/// Makes the tunnel server of a hub and its services.
struct TunnelParts {
    let hub: Hub
    let admission: TunnelAdmission
    private var configuration: TunnelConfiguration { hub.configuration.tunnels }

    /// Services to run, and how many listeners they open.
    func services(identity: TLSIdentity) async throws -> (services: [any Service], listeners: Int) {
        let endpoints = endpoints(identity)
        guard !endpoints.isEmpty else { return ([], 0) }
        let journal = TunnelJournal(reach: hub.rooms.reach, now: hub.rooms.journal.now, logger: hub.logger)
        var settings = settings
        settings.firstNumber = try await hub.rooms.reach.beginTunnelRun()
        let server = try await TunnelServer(
            endpoints, settings: settings, admission: admission, origins: hub.origins, gate: gate,
            now: hub.rooms.journal.now, logger: hub.logger, journal: { journal.add($0) },
            onBound: { [readiness = hub.readiness] in readiness.bound($0, $1) })
        hub.tunnels.set(server)
        hub.rooms.journal.endings.subscribe(server)
        return ([journal, NamedTunnels(server: server)], endpoints.count)
    }

    private var settings: TunnelSettings {
        var settings = TunnelSettings()
        settings.name = configuration.name
        settings.version = Release.version
        settings.limits = configuration.limits
        settings.drainSeconds = configuration.drainSeconds
        settings.take(configuration)
        return settings
    }

    private var gate: any TunnelGate {
        let gate = HubGate(access: hub.rooms.reach.tunnels, admitsAnyClient: configuration.admitsAnyClient)
        guard configuration.isMock else { return gate }
        hub.logger.warning("tunnels admit everybody who comes over loopback: tunnel.mockAuthenticator is set")
        return MockGate()
    }

    private func endpoints(_ identity: TLSIdentity) -> [TunnelEndpoint] {
        guard configuration.isEnabled else { return [] }
        var endpoints: [TunnelEndpoint] = []
        func add(_ name: String, _ service: TunnelService?, _ address: ListenAddress?, webSocket: Bool = false) {
            guard var address else { return }
            var tls: TLSIdentity? = identity
            if case .unix(let path) = address {
                tls = nil
                if path.isEmpty { address = .unix(path: hub.state.monitorSocket) }
            }
            endpoints.append(
                TunnelEndpoint(name: name, service: service, isWebSocket: webSocket, address: address, tls: tls))
        }
        add("tunnelWebSocket", .rendezvous, configuration.webSocket, webSocket: true)
        add("tunnelTCP", .rendezvous, configuration.tcp)
        add("tunnelUnix", .rendezvous, configuration.unix)
        add("proxyWebSocket", .proxy, configuration.proxyWebSocket, webSocket: true)
        add("proxyTCP", .proxy, configuration.proxyTCP)
        add("proxyUnix", .proxy, configuration.proxyUnix)
        if !endpoints.isEmpty { add("monitor", nil, configuration.monitor) }
        return endpoints
    }
}

extension TunnelSettings {
    /// Takes the time limits that an operator may set.
    package mutating func take(_ configuration: TunnelConfiguration) {
        jsonRpcTimeout = .milliseconds(configuration.jsonRPCTimeoutMilliseconds)
        authenticationTimeout = .milliseconds(configuration.authenticationTimeoutMilliseconds)
        inactiveTimeout = .milliseconds(configuration.inactiveTimeoutMilliseconds)
        aloneTimeout = .milliseconds(configuration.aloneTimeoutMilliseconds)
    }
}

/// Says which listener it was that could not be opened.
private struct NamedTunnels: Service {
    let server: TunnelServer

    func run() async throws {
        do {
            try await server.run()
        } catch TunnelServerError.cannotListen(let name, let reason) {
            throw HubError.cannotListen(name: name, reason: reason)
        } catch TunnelServerError.plainNetwork(let name) {
            throw HubError.cannotListen(name: name, reason: "without TLS it can wait on loopback only")
        }
    }
}
