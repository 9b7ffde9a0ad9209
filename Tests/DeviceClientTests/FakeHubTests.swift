internal import Encoding
import Files
import HostilePeer
import PKI
import Testing
import Wire

@testable import DeviceClient

/// Hubs that are not what they claim to be: each is recognised by its own mark, nothing of it reaches the disk, and the
/// honest hub beside it still serves.
@Suite(.timeLimit(.minutes(2))) struct FakeHubTests {
    enum Fake: String, CaseIterable, CustomTestStringConvertible {
        case wrongSecret, unsigned, otherAuthority, otherKey, otherName, foreignServer, foreignEndpoint, noAuthority
        case otherServer, redirect, notJSON, endless, slow, emptyApproval, serverError
        var testDescription: String { rawValue }
    }

    private static func directory(_ authority: TestAuthority, _ fake: Fake) -> Directory {
        var directory = Directory(caCert: authority.certificate.pem)
        if fake == .foreignEndpoint { directory.endpoints.postProvisionRequest = "https://192.0.2.1/idprov/provreq" }
        if fake == .noAuthority { directory.caCert = nil }
        return directory
    }

    private static func hub(_ fake: Fake) throws -> ScriptedHub {
        let authority = try TestAuthority(now: ScriptedHub.now)
        let other = try TestAuthority(name: "Other CA", now: ScriptedHub.now)
        let identity: PeerIdentity? =
            switch fake {
            case .foreignServer: try other.server()
            case .otherServer: try authority.server(uris: [HubName.uri], profile: .service)
            default: nil
            }
        let strangersKey = try PrivateKey.makeP256().publicKey
        return try ScriptedHub(authority: authority, directory: directory(authority, fake), identity: identity) {
            _, _ in
            switch fake {
            case .wrongSecret: .approve(secret: "guess")
            case .otherAuthority: .approve(secret: ScriptedHub.secret, from: other)
            case .otherKey: .approve(secret: ScriptedHub.secret, key: strangersKey)
            case .otherName: .approve(secret: ScriptedHub.secret, deviceID: "dev-2")
            case .unsigned:
                .raw { try await $0.answer(200, Array(#"{"status":"Approved","caCert":"x","clientCert":"x"}"#.utf8)) }
            case .emptyApproval:
                .raw { try await $0.answer(200, ScriptedHub.emptyApproval) }
            case .redirect: .raw { try await $0.answer(307, headers: ["Location: https://192.0.2.1/"]) }
            case .serverError: .raw { try await $0.answer(500) }
            case .notJSON: .raw { try await $0.answer(200, Array("<html>".utf8)) }
            case .endless: .raw { try await $0.endless() }
            case .slow: .raw { try await $0.slow() }
            default: .approve(secret: ScriptedHub.secret)
            }
        }
    }

    private static func isRight(_ error: DeviceError, for fake: Fake) -> Bool {
        switch (fake, error) {
        case (.wrongSecret, .fakeHub(_, .wrongSignature)), (.unsigned, .fakeHub(_, .wrongSignature)): true
        case (.otherAuthority, .fakeHub(_, .changedIdentity)), (.foreignServer, .fakeHub(_, .foreignAuthority)): true
        case (.otherServer, .fakeHub(_, .notTheHub)): true
        case (.otherKey, .fakeHub(_, .wrongCertificate)), (.otherName, .fakeHub(_, .wrongCertificate)): true
        case (.foreignEndpoint, .fakeHub(_, .foreignEndpoint)): true
        case (.noAuthority, .hubFault), (.redirect, .hubFault), (.notJSON, .hubFault), (.endless, .hubFault): true
        case (.emptyApproval, .hubFault), (.serverError, .hubFault), (.slow, .hubUnreachable): true
        default: false
        }
    }

    @Test(arguments: Fake.allCases) func fake_IsReportedAndTheHonestHubServes(_ fake: Fake) async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let honest = try ScriptedHub()
        try await Self.hub(fake).run { fakeAddress async throws in
            try await honest.run { address async throws in
                let device = try Device.test(path, hubs: [fakeAddress, address]) {
                    $0.exchangeTimeout = fake == .slow ? .seconds(5) : .seconds(60)
                }
                let events = device.events
                let certificate = try await device.provision(secret: ScriptedHub.secret)
                #expect(certificate.authorityPEM == honest.authority.certificate.pem)
                let seen = await gather(events) { if case .provisioned = $0 { true } else { false } }
                let reasons = seen.compactMap { if case .hubLeftAlone(_, let reason, _) = $0 { reason } else { nil } }
                let reason = try #require(reasons.first)
                #expect(Self.isRight(reason, for: fake), "\(reason)")
            }
        }
    }

    @Test func serverCertificateThatChangesBetweenRequests_IsNoticed() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try ScriptedHub()
        let identities = [hub.identity, try hub.authority.server()]
        try await hub.run(closesAfterDirectory: true, identities: identities) { address async throws in
            let device = try Device.test(path, hubs: [address])
            let error = await #expect(throws: DeviceError.self) {
                try await device.provision(secret: ScriptedHub.secret, within: .milliseconds(1))
            }
            guard case .fakeHub(_, .changedIdentity) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        #expect(hub.requests.isEmpty, "nothing is sent to the second one")
    }

    @Test func closedConnection_IsReplacedWhenTheCertificateStays() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try ScriptedHub()
        try await hub.run(closesAfterDirectory: true) { address async throws in
            try await Device.test(path, hubs: [address]).provision(secret: ScriptedHub.secret)
        }
        #expect(hub.requests.count == 1)
    }

    @Test func policy_OrdersAndDropsHubs() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let first = try ScriptedHub()
        let second = try ScriptedHub()
        try await first.run { firstAddress async throws in
            try await second.run { secondAddress async throws in
                let device = try Device.test(path, hubs: [firstAddress, secondAddress]) {
                    $0.policy = { $0.filter { $0.name == secondAddress } }
                }
                let certificate = try await device.provision(secret: ScriptedHub.secret)
                #expect(certificate.authorityPEM == second.authority.certificate.pem)
            }
        }
        #expect(first.requests.isEmpty)
    }

    @Test func fakeIsAskedAgainOnlyAfterItsPause() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try Self.hub(.wrongSecret)
        try await hub.run { address async throws in
            await #expect(throws: DeviceError.self) {
                try await Device.test(path, hubs: [address]).provision(
                    secret: ScriptedHub.secret, within: .seconds(8))
            }
        }
        #expect(hub.requests.count == 1)
    }
}

extension ScriptedHub {
    /// An approval without certificates, signed rightly.
    static var emptyApproval: [UInt8] {
        var response = ProvisionResponse(status: .approved)
        response.signature = Base64.encode(
            HMACSHA256.authenticate(response.canonical(blankSignature: true), key: Array(secret.utf8)))
        return response.canonical(blankSignature: false)
    }
}

extension PeerConnection {
    func endless() async throws {
        try await send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while true { try await send("1000\r\n" + String(repeating: " ", count: 4096) + "\r\n") }
    }

    func slow() async throws {
        try await send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while true {
            try await send(" ")
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
