import Devices
import Foundation
import HubHTTP
import HubTestSupport
import Issuing
internal import Journal
internal import JournalTestSupport
import PKI
internal import Presence
internal import Rooms
import Testing
import Transport
import WebSockets
import Wire

@testable import HubDaemon

/// Connections end with the certificate that opened them, whether somebody asks on them or not.
@Suite(.timeLimit(.minutes(2))) struct EndedConnectionTests {
    private static let day: Int64 = 86_400

    /// A role, and after how many days its certificates have ended.
    @Test(arguments: [("iotdevice", Int64(31)), ("admin", 400)])
    func requestsLinksAndTunnels_EndWithTheCertificate(ou: String, days: Int64) async throws {
        try await LinkedHub.run {
            $0.tunnels.isEnabled = true
            $0.tunnels.tcp = nil
            $0.tunnels.proxyTCP = nil
            $0.tunnels.webSocket = .tcp(host: "127.0.0.1", port: 0)
            $0.tunnels.proxyWebSocket = nil
        } _: { linked in
            let hub = linked.test.hub
            let key = try PrivateKey.makeP256()
            let certificate = try await hub.issuer.issue(
                commonName: "lamp-1", ou: ou, publicKey: key.publicKey, by: .hub)
            let tls = TransportTLS(
                trust: .roots([hub.issuer.authority.certificate]),
                identity: ClientIdentity(chain: [certificate], signer: key)
            ) { Int64(Date.now.timeIntervalSince1970) }
            let connection = try await HTTPConnection.connect(linked.endpoint, tls: tls)
            #expect(try await connection.send(HTTPExchangeRequest(path: "/idprov/directory")).status == 200)
            let device = try await linked.device("serial-1")
            let link = try await WebSocketClient.connect(
                linked.endpoint, tls: tls, path: "/api/devices/v1/deviceconnect/connect",
                headers: [("Authorization", "Bearer \(device.token)")])
            guard case .tcp(_, let port) = await hub.addresses()["tunnelWebSocket"] else { throw CancellationError() }
            let tunnel = try await WebSocketClient.connect(.tls(host: "127.0.0.1", port: port), tls: tls, path: "/")
            #expect(hub.connections.count == 2)

            linked.test.clock.advance(by: days * Self.day)
            for socket in [link, tunnel] { await Self.end(of: socket) }
            #expect(tunnel.closeCode == .fault, "it was told why")
            while hub.connections.count > 0 { try await Task.sleep(for: .milliseconds(20)) }
            await #expect(throws: (any Error).self) {
                _ = try await connection.send(HTTPExchangeRequest(path: "/idprov/directory"))
            }
            await #expect(throws: (any Error).self) {
                let fresh = try await HTTPConnection.connect(linked.endpoint, tls: tls)
                _ = try await fresh.send(HTTPExchangeRequest(path: "/idprov/directory"))
            }
        }
    }

    /// A device's link is told that the device was shut out before the connection below it is cut with its certificate.
    @Test func revokedDevice_IsToldOnItsLink_ThenItsConnectionEnds() async throws {
        try await LinkedHub.run { linked in
            let hub = linked.test.hub
            let (id, token) = try await linked.device("serial-1")
            let record = try #require(try await linked.rooms.identities.identity(id)).deviceID
            let key = try PrivateKey.makeP256()
            let certificate = try await hub.issuer.enrol(
                record, claim: try await hub.issuer.claim(record), publicKey: key.publicKey,
                sighting: Sighting(address: "192.0.2.7", mac: "", fingerprint: nil), reason: .request, by: .hub)
            var tls = linked.tls
            tls.identity = ClientIdentity(chain: [certificate], signer: key)
            let link = try await WebSocketClient.connect(
                linked.endpoint, tls: tls, path: "/api/devices/v1/deviceconnect/connect",
                headers: [("Authorization", "Bearer \(token)")])
            while hub.presence.standing(DeviceID(record))?.isConnected != true {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(hub.connections.count == 1)
            try await hub.issuer.revoke(deviceID: record, reason: .keyCompromise, by: .hub)
            await Self.end(of: link)
            await link.closed()
            #expect(link.closeCode == .policy, "it was told why")
            while hub.connections.count > 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    /// Waits until nothing more comes.
    private static func end(of socket: WebSocket) async {
        do {
            for try await _ in socket.messages {}
        } catch {
            // However it ended.
        }
    }
}
