import Glibc
import HostilePeer
import PKI
import Testing

@testable import Transport

/// Whom a connection believes, and as whom it speaks.
@Suite(.timeLimit(.minutes(2))) struct TransportTLSTests {
    static let now = Int64(time(nil))

    static func answering(_ peer: PeerConnection) async throws {
        while try await peer.request() != nil { try await peer.answer() }
    }

    func connect(
        _ server: ScriptedServer, _ trust: TransportTLS.Trust, identity: ClientIdentity? = nil, name: String? = nil,
        now: Int64 = now
    ) async throws -> Int {
        let tls = TransportTLS(trust: trust, identity: identity, checkedName: name, now: { now })
        let connection = try await HTTPConnection.connect(.tls(host: "127.0.0.1", port: server.port), tls: tls)
        defer { connection.close() }
        return try await connection.send(HTTPExchangeRequest(path: "/")).status
    }

    @Test(arguments: [false, true]) func bothTLSVersions_Work(_ isOld: Bool) async throws {
        let authority = try TestAuthority(now: Self.now)
        let identity = try authority.server()
        try await ScriptedServer.run(tls: .init(isOld: isOld) { _ in identity }, script: Self.answering) {
            server async throws in
            #expect(try await connect(server, .roots([authority.certificate])) == 200)
            #expect(try await connect(server, .anything) == 200)
        }
    }

    @Test func foreignAuthority_IsRefusedAndShown() async throws {
        let identity = try TestAuthority(now: Self.now).server()
        let other = try TestAuthority(name: "Other CA", now: Self.now)
        try await ScriptedServer.run(tls: .init { _ in identity }, script: Self.answering) { server async throws in
            let error = await #expect(throws: TransportError.self) {
                try await connect(server, .roots([other.certificate]))
            }
            guard case .untrusted(_, let peer) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(peer.first == identity.chain.first)
        }
    }

    /// Whom the site's authority signed beside the hub: their chain is right, and they are not the hub.
    @Test(arguments: [
        (CertificateProfile.server, [HubName.uri], true, true), (.server, [], false, true),
        (.service, [HubName.uri], false, false), (.service, [], false, false),
    ])
    func otherServerOfTheSite_IsNotTheHub(
        _ profile: CertificateProfile, _ uris: [String], _ isMarked: Bool, _ isHub: Bool
    ) async throws {
        let authority = try TestAuthority(now: Self.now)
        let identity = try authority.server(uris: uris, profile: profile)
        try await ScriptedServer.run(tls: .init { _ in identity }, script: Self.answering) { server async throws in
            for (rule, isAdmitted) in [(HubRule?.none, true), (.marked, isMarked), (.markedOrOldForm, isHub)] {
                let tls = TransportTLS(trust: .roots([authority.certificate]), hub: rule, now: { Self.now })
                let connection = try? await HTTPConnection.connect(
                    .tls(host: "127.0.0.1", port: server.port), tls: tls)
                #expect((connection != nil) == isAdmitted)
                connection?.close()
            }
        }
    }

    @Test func expiryIsJudged_ByTheGivenClock() async throws {
        let authority = try TestAuthority(now: Self.now)
        let identity = try authority.server(notBefore: Self.now - 1000, notAfter: Self.now - 500)
        try await ScriptedServer.run(tls: .init { _ in identity }, script: Self.answering) { server async throws in
            await #expect(throws: TransportError.self) { try await connect(server, .roots([authority.certificate])) }
            #expect(try await connect(server, .roots([authority.certificate]), now: Self.now - 700) == 200)
        }
    }

    @Test func deviceCertificate_IsNoServerCertificate() async throws {
        let authority = try TestAuthority(now: Self.now)
        let key = try PrivateKey.makeP256()
        let identity = PeerIdentity(chain: [try authority.device("d1", key: key.publicKey)], key: key)
        try await ScriptedServer.run(tls: .init { _ in identity }, script: Self.answering) { server async throws in
            await #expect(throws: TransportError.self) { try await connect(server, .roots([authority.certificate])) }
        }
    }

    @Test func name_IsCheckedOnlyWhenAsked() async throws {
        let authority = try TestAuthority(now: Self.now)
        let identity = try authority.server()
        try await ScriptedServer.run(tls: .init { _ in identity }, script: Self.answering) { server async throws in
            let trust = TransportTLS.Trust.roots([authority.certificate])
            #expect(try await connect(server, trust, name: "HUB.test") == 200)
            #expect(try await connect(server, trust, name: "127.0.0.1") == 200)
            await #expect(throws: TransportError.self) { try await connect(server, trust, name: "other.test") }
        }
    }

    @Test(arguments: [
        ("a.hub.test", true), ("A.HUB.TEST", true), ("a.b.hub.test", false), ("hub.test", false), (".hub.test", false),
        ("a.test", false), ("127.0.0.1", true), ("10.hub.test", true), ("10.0.0.1", false), ("1.0.0.1", false),
    ])
    func starInACertificate_StandsForOneLabel(name: String, isGood: Bool) async throws {
        let authority = try TestAuthority(now: Self.now)
        let identity = try authority.server(names: ["*.hub.test", "*.test", "*", "*.0.0.1"])
        #expect(TransportTLS.names(try #require(identity.chain.first), name) == isGood)
    }

    @Test func plainHTTP_GoesOverTCP() async throws {
        try await ScriptedServer.run(script: Self.answering) { server async throws in
            let connection = try await HTTPConnection.connect(.plain(host: "127.0.0.1", port: server.port), tls: nil)
            defer { connection.close() }
            #expect(try await connection.send(HTTPExchangeRequest(path: "/")).status == 200)
            #expect(connection.peerCertificates.isEmpty && connection.remoteAddress == "127.0.0.1")
        }
    }

    @Test(arguments: [false, true]) func clientCertificate_IsShownThroughTheSigner(_ isOld: Bool) async throws {
        let authority = try TestAuthority(now: Self.now)
        let identity = try authority.server()
        let key = try PrivateKey.makeP256()
        let certificate = try authority.device("d1", key: key.publicKey)
        let tls = ScriptedServer.TLS(clientRoots: [authority.certificate], isOld: isOld) { _ in identity }
        try await ScriptedServer.run(tls: tls, script: Self.answering) { server async throws in
            let mine = ClientIdentity(chain: [certificate], signer: key)
            #expect(try await connect(server, .roots([authority.certificate]), identity: mine) == 200)
            await #expect(throws: TransportError.self) { try await connect(server, .roots([authority.certificate])) }
        }
    }

    @Test func signerOfAnotherKey_IsRefusedByThePeer() async throws {
        let authority = try TestAuthority(now: Self.now)
        let identity = try authority.server()
        let certificate = try authority.device("d1", key: PrivateKey.makeP256().publicKey)
        let wrong = ClientIdentity(chain: [certificate], signer: try PrivateKey.makeP256())
        let tls = ScriptedServer.TLS(clientRoots: [authority.certificate]) { _ in identity }
        try await ScriptedServer.run(tls: tls, script: Self.answering) { server async throws in
            await #expect(throws: TransportError.self) {
                try await connect(server, .roots([authority.certificate]), identity: wrong)
            }
        }
    }
}
