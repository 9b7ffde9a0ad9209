import Foundation
import HostilePeer
import PKI
import Synchronization
import Testing
import Transport
import TunnelClient
import TunnelServer
import Wire

/// Certificates of a site, and a device that serves while `body` runs.
struct TunnelSite: Sendable {
    let authority: TestAuthority
    let server: TestServer
    let uuid: TunnelUUID
    let events: DeviceEventLog

    static func run(
        ports: Set<Int>, patience: TunnelPatience = TunnelPatience(), pingInterval: Duration = .seconds(30),
        body: @escaping @Sendable (TunnelSite) async throws -> Void
    ) async throws {
        try await TestServer.run { server in
            let authority = try TestAuthority(now: now())
            let uuid = try #require(TunnelUUID("aaaaaaaa-0000-4000-8000-000000000001"))
            let site = TunnelSite(authority: authority, server: server, uuid: uuid, events: DeviceEventLog())
            var offer = DeviceTunnelOffer(
                uuid: uuid, name: "d1", ports: ports, inner: try site.tls("d1") { $0.subject.commonName == "ann" })
            offer.patience = patience
            offer.pingInterval = pingInterval
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [offer] in
                    try? await DeviceTunnel.run(
                        .tls(host: "127.0.0.1", port: server.port("proxyTCP")), tls: site.outer, offer: offer
                    ) { site.events.add($0) }
                }
                try await site.events.wait(for: .registered)
                try await body(site)
                group.cancelAll()
            }
        }
    }

    var outer: TransportTLS { TransportTLS(trust: .roots([server.root])) { TunnelSite.now() } }

    static func now() -> Int64 { Int64(Date.now.timeIntervalSince1970) }

    /// The end that bears a name, and expects another.
    func tls(
        _ name: String, authority other: TestAuthority? = nil, expects: @escaping @Sendable (Certificate) -> Bool
    ) throws -> TunnelTLS {
        let key = try PrivateKey.makeP256()
        let certificate = try (other ?? authority).device(name, key: key.publicKey)
        return TunnelTLS(
            identity: ClientIdentity(chain: [certificate], signer: key), roots: [authority.certificate],
            now: { TunnelSite.now() }, isExpected: expects)
    }

    /// Sends "ping" to a port of the device through a tunnel; what came back, or why nothing did.
    func reach(_ port: Int, _ inner: TunnelTLS) async throws -> (answer: String, failure: (any Error)?) {
        try await open(port, inner) { local, failures in
            try? await local.send("ping\n")
            return (try await local.line(), failures.first)
        }
    }

    /// Gives `body` a connection to a port of the device.
    func open<Value: Sendable>(
        _ port: Int, _ inner: TunnelTLS, body: @escaping @Sendable (TestEnd, Failures) async throws -> Value
    ) async throws -> Value {
        let target = TunnelTarget(
            proxy: .tls(host: "127.0.0.1", port: server.port("proxyTCP")), tls: outer, serverUUID: uuid,
            token: "mock", name: "test", mode: .encrypted(inner, port: port),
            random: { (0..<16).map { _ in UInt8.random(in: 1...255) } })
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let failures = Failures()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await TunnelForward.run(
                    host: "127.0.0.1", port: 0, to: target, onListening: { listening.yield($0) },
                    onEnd: { error in if let error { failures.add(error) } })
            }
            var iterator = ports.makeAsyncIterator()
            let local = try await TestEnd.connect(
                port: try #require(await iterator.next()), isHalfOpen: true)
            defer { group.cancelAll() }
            return try await body(local, failures)
        }
    }
}

/// What a device's end reported.
final class DeviceEventLog: Sendable {
    private let all = Mutex<[DeviceTunnelEvent]>([])

    var list: [DeviceTunnelEvent] { all.withLock { $0 } }

    func add(_ event: DeviceTunnelEvent) {
        all.withLock { $0.append(event) }
    }

    func wait(for event: DeviceTunnelEvent) async throws {
        let deadline = ContinuousClock.now + .seconds(100)
        while !list.contains(event) {
            guard ContinuousClock.now < deadline else { throw Silence() }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    struct Silence: Error {}
}

/// Why connections did not come up.
final class Failures: Sendable {
    private let all = Mutex<[any Error]>([])

    var first: (any Error)? { all.withLock(\.first) }

    func add(_ error: any Error) {
        all.withLock { $0.append(error) }
    }
}
