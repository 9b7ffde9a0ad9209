import Foundation
import HostilePeer
import HubHTTP
internal import JournalTestSupport
import Logging
import NIOCore
import PKI
internal import Rooms
import ServiceLifecycle
import Synchronization
import TunnelServer

/// A tunnel server with all its listeners on free ports of loopback, running while a test's body does.
struct TestServer {
    let root: Certificate
    let server: TunnelServer
    let folder: TemporaryFolder
    let events: Events
    private let authority: TestAuthority
    private let identity: TLSIdentity
    private let ports: [String: Int]

    /// Runs a server beside `body`.
    static func run(
        gate: any TunnelGate = MockGate(), places: Int = 25_000, perAddress: Int = 0,
        change: (inout TunnelSettings) -> Void = { _ in },
        now: @escaping @Sendable () -> Int64 = { Int64(Date.now.timeIntervalSince1970) },
        timers: (@Sendable (any EventLoop) -> any TunnelTimers)? = nil,
        origins: OriginRule = OriginRule { _ in true },
        body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        var settings = TunnelSettings()
        settings.name = "my-proxy"
        settings.version = "0.1.5"
        // On a busy machine nothing ends for its slowness; tests of these times let them pass by hand (``TestTime``).
        if timers == nil {
            settings.inactiveTimeout = .seconds(600)
            settings.aloneTimeout = .seconds(600)
            settings.authenticationTimeout = .seconds(600)
            settings.jsonRpcTimeout = .seconds(600)
            settings.lineEndTimeout = .seconds(600)
            settings.serverSilence = .seconds(600)
        }
        settings.handshakeTimeout = .seconds(600)
        settings.upgradeTimeout = .seconds(600)
        change(&settings)
        let authority = try TestAuthority(now: now())
        let identity = try authority.server()
        let tls = try TLSIdentity(
            certificates: identity.chain, key: identity.key, authorities: [authority.certificate]
        ) { _ in .accepted }
        let folder = try TemporaryFolder()
        let bound = Bound()
        let events = Events()
        let any = ListenAddress.tcp(host: "127.0.0.1", port: 0)
        func end(_ name: String, _ service: TunnelService, webSocket: Bool) -> TunnelEndpoint {
            TunnelEndpoint(name: name, service: service, isWebSocket: webSocket, address: any, tls: tls)
        }
        func local(_ name: String, _ service: TunnelService) -> TunnelEndpoint {
            TunnelEndpoint(
                name: name, service: service, isWebSocket: false, address: .unix(path: folder.path + "/" + name),
                tls: nil)
        }
        let server = try await TunnelServer(
            [
                end("tunnelTCP", .rendezvous, webSocket: false), end("tunnelWebSocket", .rendezvous, webSocket: true),
                end("proxyTCP", .proxy, webSocket: false), end("proxyWebSocket", .proxy, webSocket: true),
                local("tunnel.sock", .rendezvous), local("proxy.sock", .proxy),
                TunnelEndpoint(name: "monitor", service: nil, address: .unix(path: folder.path + "/monitor.sock")),
            ], settings: settings, admission: admission(places: places, perAddress: perAddress), origins: origins,
            gate: gate, now: now,
            timers: timers,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, journal: { events.add($0) },
            onBound: { bound.add($0, $1) })
        let group = ServiceGroup(
            services: [server], gracefulShutdownSignals: [],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            while bound.count < 7 { try await Task.sleep(for: .milliseconds(2)) }
            let test = TestServer(
                root: authority.certificate, server: server, folder: folder, events: events, authority: authority,
                identity: tls, ports: bound.ports)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(test))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    private static func admission(places: Int, perAddress: Int) -> TunnelAdmission {
        var limits = AdmissionLimits(places: places)
        limits.sources.perAddressLoopback = perAddress
        var admission = TunnelAdmission()
        admission.ends = ListenerAdmission("tunnels", limits: limits, purpose: .tunnels)
        return admission
    }

    /// Shows another certificate of the same authority from now on.
    func changeCertificate() throws {
        let next = try authority.server()
        try identity.replace(certificates: next.chain, key: next.key, authorities: [authority.certificate])
    }

    /// A device's certificate and key.
    func device(_ id: String) throws -> PeerIdentity {
        let key = try PrivateKey.makeP256()
        return PeerIdentity(chain: [try authority.device(id, key: key.publicKey)], key: key)
    }

    func port(_ name: String) -> Int { ports[name] ?? 0 }

    /// Over TCP and TLS.
    func tcp(_ service: TunnelService = .rendezvous, isSmall: Bool = false) async throws -> TestEnd {
        try await TestEnd.connect(
            port: port(service == .rendezvous ? "tunnelTCP" : "proxyTCP"), root: root, isSmall: isSmall)
    }

    /// Over a WebSocket and TLS.
    func webSocket(_ service: TunnelService = .rendezvous, isSmall: Bool = false) async throws -> TestEnd {
        let name = service == .rendezvous ? "tunnelWebSocket" : "proxyWebSocket"
        let end = try await TestEnd.connect(port: port(name), root: root, isSmall: isSmall)
        let head = try await end.upgrade()
        guard head.hasPrefix("HTTP/1.1 101") else { throw NotUpgraded() }
        return end
    }

    /// Over a Unix socket.
    func unix(_ service: TunnelService = .rendezvous) async throws -> TestEnd {
        try await TestEnd.connect(path: folder.path + (service == .rendezvous ? "/tunnel.sock" : "/proxy.sock"))
    }

    struct NotUpgraded: Error {}
}

/// What a server told its journal.
final class Events: Sendable {
    private let all = Mutex<[TunnelEvent]>([])

    func add(_ event: TunnelEvent) {
        all.withLock { $0.append(event) }
    }

    var list: [TunnelEvent] { all.withLock { $0 } }
}

private final class Bound: Sendable {
    private let all = Mutex<[String: Int]>([:])

    func add(_ name: String, _ address: ListenAddress) {
        all.withLock { all in
            if case .tcp(_, let port) = address { all[name] = port } else { all[name] = 0 }
        }
    }

    var count: Int { all.withLock(\.count) }
    var ports: [String: Int] { all.withLock { $0 } }
}
