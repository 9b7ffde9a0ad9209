import Devices
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import People
import PKI
import Reach
internal import Presence
internal import Rooms
import Store
import Testing
import Transport
import TunnelServer
import Updates
import WebSockets
import Wire

@testable import HubDaemon

/// Every kind of lost right beside everything that may have to end by it, on a running hub.
@Suite(.timeLimit(.minutes(3))) struct EndingSubscribersTests {
    /// What is open while a right is taken.
    enum Open: CaseIterable {
        /// An HTTPS connection with a client certificate.
        case connection
        /// A device's link, an operator's session on it, and a download of the device.
        case link, session, download
        /// A tunnel of the device's; one of its ends shows the certificate.
        case tunnel
    }

    /// What the rights of the table belong to.
    private struct Names {
        let device: DeviceID
        let certificate: Certificate
        let tunnelToken: String
        let user: UserSession
    }

    private static let table: [(gone: @Sendable (Names) -> Ending, ends: Set<Open>)] = [
        ({ .device($0.device) }, [.link, .session, .download, .tunnel]),
        ({ .deviceLink($0.device) }, [.link, .session]),
        ({ .certificates([$0.certificate.serial, .random()]) }, [.connection, .tunnel]),
        ({ .tunnelToken($0.tunnelToken) }, [.tunnel]),
        ({ .userToken($0.user.tokenID ?? "") }, [.session]),
        ({ .user($0.user.userID ?? "") }, [.session]),
        ({ .time($0.certificate.notAfter) }, [.session, .tunnel]),
        ({ .time($0.certificate.notAfter + 1) }, [.session, .tunnel, .connection]),
        ({ .time($0.certificate.notBefore) }, []), ({ _ in .clockSetBack }, []),
        // Somebody else's.
        ({ _ in .device("other") }, []), ({ _ in .deviceLink("other") }, []),
        ({ _ in .certificates([.random()]) }, []), ({ _ in .tunnelToken("other") }, []),
        ({ _ in .userToken("other") }, []), ({ _ in .user("other") }, []),
    ]

    @Test(arguments: 0..<16) func lostRight_EndsWhatRestsOnIt_AndNothingElse(row: Int) async throws {
        #expect(Self.table.count == 16)
        try await Self.run { scene in
            let (gone, ends) = Self.table[row]
            scene.hub.rooms.journal.endings.announce(gone(scene.names))
            for open in Open.allCases where ends.contains(open) { try await scene.end(of: open) }
            for open in Open.allCases where !ends.contains(open) { try await scene.use(open) }
        }
    }

    @Test func revokedCertificate_EndsItsTunnelWithAReasonForBothEnds() async throws {
        try await Self.run { scene in
            let serial = "\(scene.names.certificate.serial)"
            _ = try await scene.hub.test.hub.issuer.revoke(serial: serial, reason: .keyCompromise, by: .hub)
            try await scene.end(of: .tunnel)
            try await scene.end(of: .connection)
            for open in [Open.link, .session, .download] { try await scene.use(open) }
        }
    }

    /// Whoever gets a token after the clock was set back gets one that ends earlier; the old one is looked at again.
    @Test func tokenThatTheStoreForgot_EndsItsSessionOnceTheClockWasSetBack() async throws {
        try await Self.run { scene in
            try await scene.hub.rooms.journal.store.write { db in
                try db.run("DELETE FROM user_token WHERE id = ?", [scene.names.user.tokenID])
            }
            try await scene.use(.session)
            await scene.hub.test.hub.presence.operators.endForbidden()
            try await scene.end(of: .session)
        }
    }

    // MARK: - The scene

    private static func run(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await LinkedHub.run {
            $0.tunnels.isEnabled = true
            $0.tunnels.tcp = nil
            $0.tunnels.proxyTCP = nil
            $0.tunnels.webSocket = .tcp(host: "127.0.0.1", port: 0)
            $0.tunnels.proxyWebSocket = nil
            $0.tunnels.aloneTimeoutMilliseconds = 60_000
            $0.tunnels.inactiveTimeoutMilliseconds = 60_000
        } _: { hub in
            let device = try await hub.device("serial-1")
            let link = try await hub.connect("/api/devices/v1/deviceconnect/connect", token: device.token)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try? await ScriptedDevice().run(link) }
                try await body(try await Scene(hub, device, link))
                link.close()
                try await group.waitForAll()
            }
        }
    }

    private struct Scene: Sendable {
        let hub: LinkedHub
        let names: Names
        let connection: HTTPConnection
        let device: (id: String, token: String)
        let link: WebSocket
        let session: WebSocket
        let download = ActiveDownloads.Download()
        let tunnel: (first: WebSocket, second: WebSocket)

        init(_ hub: LinkedHub, _ device: (id: String, token: String), _ link: WebSocket) async throws {
            (self.hub, self.device, self.link) = (hub, device, link)
            let record = try #require(try await hub.rooms.identities.identity(device.id)).deviceID
            let key = try PrivateKey.makeP256()
            let certificate = try await hub.test.hub.issuer.issue(
                commonName: "app", ou: "client", publicKey: key.publicKey, by: .hub)
            var tls = hub.tls
            tls.identity = ClientIdentity(chain: [certificate], signer: key)
            connection = try await HTTPConnection.connect(hub.endpoint, tls: tls)
            let person = try await hub.person("operator", .operator)
            session = try await Self.operate(hub, device.id, person)
            hub.test.hub.updates.downloads.begin(download, of: record)
            let right = try await hub.rooms.reach.issueTunnelToken(
                for: record, user: "operator", scope: .rendezvous, life: 86_400, by: .hub)
            names = Names(
                device: DeviceID(record), certificate: certificate, tunnelToken: right.token.id,
                user: try #require(try await hub.rooms.people.session(userToken: person)))
            tunnel = (
                try await Self.meet(hub, tls, "1", right.text), try await Self.meet(hub, hub.tls, "2", right.text)
            )
            let server = try #require(hub.test.hub.tunnels.server)
            while try await server.records().filter({ $0.role == .joined }).count < 2 {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try await status() == 200)
        }

        /// A session of an operator, once the hub has the device's link.
        private static func operate(_ hub: LinkedHub, _ device: String, _ token: String) async throws -> WebSocket {
            while true {
                do {
                    return try await hub.operate(device, token: token)
                } catch let refusal as WebSocketClient.Refusal where refusal.response.status == 404 {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
        }

        /// One end of a tunnel.
        private static func meet(
            _ hub: LinkedHub, _ tls: TransportTLS, _ number: String, _ token: String
        ) async throws -> WebSocket {
            guard case .tcp(_, let port) = await hub.test.hub.addresses()["tunnelWebSocket"] else {
                throw CancellationError()
            }
            let socket = try await WebSocketClient.connect(.tls(host: "127.0.0.1", port: port), tls: tls, path: "/")
            let uuid = "{\(number)1111111-1111-1111-1111-111111111111}"
            let call = #"{"id":0,"method":"Authentication.Authenticate","params":{"name":"\#(number)","nonce":"n","#
            try await socket.send(.text(call + #""token":"\#(token)","uuid":"\#(uuid)"}}"#))
            return socket
        }

        /// Waits until something has ended.
        func end(of open: Open) async throws {
            switch open {
            case .connection:
                await #expect(throws: (any Error).self) {
                    while try await status() == 200 { try await Task.sleep(for: .milliseconds(5)) }
                    throw CancellationError()
                }
            case .link:
                await link.closed()
                #expect(link.closeCode == .policy)
            case .session: await session.closed()
            case .download: #expect(download.mustStop)
            case .tunnel:
                for end in [tunnel.first, tunnel.second] {
                    await end.closed()
                    #expect(end.closeCode == .fault, "it was told why")
                }
            }
        }

        /// Uses something that has not ended.
        func use(_ open: Open) async throws {
            switch open {
            case .connection: #expect(try await status() == 200)
            case .link:
                let other = try await hub.operate(device.id, token: hub.person("other", .operator))
                try await Self.echo(other)
                other.close()
            case .session: try await Self.echo(session)
            case .download: #expect(!download.mustStop)
            case .tunnel:
                try await tunnel.first.send(.text("still here"))
                var messages = tunnel.second.messages.makeAsyncIterator()
                var heard: WebSocketMessage?
                repeat { heard = try await messages.next() } while heard != nil && heard != .text("still here")
                #expect(heard == .text("still here"))
            }
        }

        private func status() async throws -> Int {
            try await connection.send(HTTPExchangeRequest(path: "/idprov/directory")).status
        }

        private static func echo(_ session: WebSocket) async throws {
            var messages = session.messages.makeAsyncIterator()
            try await session.send(LinkEnvelope(.shell, "shell", body: [7]))
            #expect(try await messages.envelope()?.body == [7])
        }
    }
}
