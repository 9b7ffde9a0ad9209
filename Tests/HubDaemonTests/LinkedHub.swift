import Devices
import Foundation
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import People
import PKI
internal import RecordTestSupport
internal import Rooms
import Transport
import WebSockets
import Wire

/// A running hub with people and devices of the update protocol, reached over TLS.
struct LinkedHub: Sendable {
    static let password = "correct horse battery"

    let test: TestHub
    let endpoint: Endpoint
    let tls: TransportTLS
    var rooms: Rooms { test.hub.rooms }

    /// Runs `body` while the hub runs.
    static func run(
        change: (inout HubConfiguration) -> Void = { _ in }, _ body: @Sendable (LinkedHub) async throws -> Void
    ) async throws {
        let test = try await TestHub(clock: nil) { configuration in
            configuration.pki = nil
            change(&configuration)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await test.hub.run(signals: []) }
            let addresses = await test.hub.addresses()
            guard case .tcp(_, let port) = addresses["https"] else { throw CancellationError() }
            let roots = [test.hub.issuer.authority.certificate]
            let hub = LinkedHub(
                test: test, endpoint: .tls(host: "127.0.0.1", port: port),
                tls: TransportTLS(trust: .roots(roots)) { Int64(Date.now.timeIntervalSince1970) })
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(hub))
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            while await group.nextResult() != nil {}
            try result.get()
        }
    }

    /// A device that the operator let in before it came: its UUID and its token.
    func device(_ serial: String) async throws -> (id: String, token: String) {
        let key = try PrivateKey.makeP256().publicKey
        let identity = "{\"serial\":\"\(serial)\"}"
        let id = try await rooms.identities.preauthorize(identity, publicKey: key, force: false, by: .hub)
        let token = try await rooms.identities.authenticate(
            AuthenticationRequest(
                identity: identity, publicKey: key, tier: "standard", certifiedDeviceID: nil, address: "192.0.2.7"))
        guard let token else { throw CancellationError() }
        return (id, token)
    }

    /// A person's token.
    func person(_ name: String, _ role: UserRole) async throws -> String {
        try await rooms.people.addUser(name, role: role, password: Self.password, by: .hub)
        return try await rooms.people.logIn(
            name, password: Self.password, noExpiry: false, by: Requester(name: "test", address: "test"))
    }

    func connect(_ path: String, token: String?, subprotocols: [String] = []) async throws -> WebSocket {
        try await WebSocketClient.connect(
            endpoint, tls: tls, path: path, headers: token.map { [("Authorization", "Bearer \($0)")] } ?? [],
            subprotocols: subprotocols)
    }

    /// Connects as an operator.
    func operate(_ device: String, token: String) async throws -> WebSocket {
        try await connect("/api/management/v1/deviceconnect/devices/\(device)/connect", token: token)
    }

    /// The status of a refused connection.
    func refusal(_ path: String, token: String?) async throws -> Int? {
        do {
            try await connect(path, token: token).close()
            return nil
        } catch let refusal as WebSocketClient.Refusal {
            return refusal.response.status
        }
    }

    /// A request of the management API.
    func send(
        _ method: String, _ path: String, token: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> HTTPExchangeResponse {
        let connection = try await HTTPConnection.connect(endpoint, tls: tls)
        defer { connection.close() }
        return try await connection.send(
            HTTPExchangeRequest(
                method: method, path: "/api/management/v1/deviceconnect/devices/" + path,
                headers: [("Authorization", "Bearer \(token)")] + headers, body: .bytes(body)))
    }

    /// Runs a device beside `body`, and waits until the hub has it.
    func withDevice(
        _ device: (id: String, token: String), _ script: ScriptedDevice = ScriptedDevice(),
        _ body: @Sendable (ScriptedDevice) async throws -> Void
    ) async throws {
        let socket = try await connect("/api/devices/v1/deviceconnect/connect", token: device.token)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await script.run(socket) }
            try await body(script)
            socket.close()
            try await group.waitForAll()
        }
    }
}

extension WebSocket {
    /// Sends an envelope.
    func send(_ envelope: LinkEnvelope) async throws {
        try await send(.binary(envelope.encoded()))
    }
}

extension WebSocketMessages.Iterator {
    /// The next envelope.
    mutating func envelope() async throws -> LinkEnvelope? {
        guard case .binary(let bytes) = try await next() else { return nil }
        return try LinkEnvelope(parsing: bytes)
    }
}
