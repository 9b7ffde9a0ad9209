import Devices
import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Secrets
import Testing
internal import Wire

/// Certificates taken back: by serial and by device, held and let go, over a restart.
@Suite struct RevocationTests {
    private static func provisioned(_ hub: TestHub, _ id: String = "dev1") async throws -> (TestDevice, Certificate) {
        try await hub.addSecret("s3cret", for: id)
        let device = try TestDevice(id, secret: "s3cret")
        let answer = try await device.provision(at: hub)
        return (device, try Certificate(pem: answer.clientCert))
    }

    @Test func revokedCertificate_IsRefusedAtHandshakeAndOnOpenConnections_AfterARestartToo() async throws {
        let folder = try TemporaryFolder()
        let peer: Peer
        let certificate: Certificate
        do {
            let hub = try await TestHub(folder: folder)
            (_, certificate) = try await Self.provisioned(hub)
            peer = Peer(address: "192.0.2.7", certificate: certificate)
            #expect(hub.hub.issuer.standing(of: [certificate]) == .valid)
            #expect(try await hub.network.send(.get, "/idprov/status/dev1", as: peer).status == .ok)
            try await hub.hub.issuer.revoke(
                serial: certificate.serial.description, reason: .keyCompromise, by: .hub)
            #expect(hub.hub.issuer.standing(of: [certificate]) == .refused)
            #expect(try await hub.network.send(.get, "/idprov/status/dev1", as: peer).status == .forbidden)
            #expect(try await hub.network.send(.get, "/idprov/directory", as: peer).status == .forbidden)
            #expect(try await hub.hub.rooms.devices.device("dev1").state == .revoked)
        }
        let again = try await TestHub(folder: folder)
        #expect(again.hub.issuer.standing(of: [certificate]) == .refused)
        #expect(try await again.network.send(.get, "/idprov/directory", as: peer).status == .forbidden)
    }

    @Test func revokedDevice_CantEnrolUntilItIsApproved() async throws {
        let hub = try await TestHub()
        let (device, _) = try await Self.provisioned(hub)
        try await hub.hub.issuer.revoke(deviceID: "dev1", reason: .cessationOfOperation, by: .hub)
        #expect(try await device.provision(at: hub).status == .rejected)
        try await hub.addSecret("s3cret", for: "dev1")
        #expect(try await device.provision(at: hub).status == .rejected)
        try await hub.hub.rooms.devices.approve("dev1", fingerprint: device.key.publicKey.fingerprint, by: .hub)
        #expect(try await device.provision(at: hub).status == .approved)
    }

    @Test func reasonSuperseded_LeavesTheDeviceItsRight() async throws {
        let hub = try await TestHub()
        let (_, certificate) = try await Self.provisioned(hub)
        try await hub.hub.issuer.revoke(serial: certificate.serial.description, reason: .superseded, by: .hub)
        #expect(try await hub.hub.rooms.devices.device("dev1").state == .approved)
    }

    @Test func hold_CanBeLifted_OtherReasonsCannot() async throws {
        let hub = try await TestHub()
        let (_, certificate) = try await Self.provisioned(hub)
        let serial = certificate.serial.description
        let issuer = hub.hub.issuer
        try await issuer.revoke(deviceID: "dev1", reason: .certificateHold, by: .hub)
        #expect(issuer.standing(of: [certificate]) == .refused)
        try await issuer.unhold(deviceID: "dev1", by: .hub)
        #expect(issuer.standing(of: [certificate]) == .valid)
        #expect(try await hub.hub.rooms.devices.device("dev1").state == .approved)
        try await issuer.revoke(serial: serial, reason: .certificateHold, by: .hub)
        let final = try await issuer.revoke(serial: serial, reason: .keyCompromise, by: .hub)
        #expect(final.reason == .keyCompromise)
        await #expect(throws: IssuingError.notOnHold(serial)) { try await issuer.unhold(serial: serial, by: .hub) }
        let repeated = try await issuer.revoke(serial: serial, reason: .privilegeWithdrawn, by: .hub)
        #expect(repeated.reason == .keyCompromise)
    }

    @Test func removedDevice_LosesEveryCertificate() async throws {
        let hub = try await TestHub()
        let (device, first) = try await Self.provisioned(hub)
        let peer = Peer(address: "192.0.2.7", certificate: first)
        let second = try Certificate(pem: try await device.provision(at: hub, as: peer).clientCert)
        try await hub.hub.issuer.remove(deviceID: "dev1", by: .hub)
        for certificate in [first, second] { #expect(hub.hub.issuer.standing(of: [certificate]) == .refused) }
    }

    @Test func strangersCertificate_IsRefused_ServerCertificateIsNoClient() async throws {
        let hub = try await TestHub()
        let other = try await TestHub()
        let (_, foreign) = try await Self.provisioned(other)
        #expect(hub.hub.issuer.standing(of: [foreign]) == .refused)
        let server = try await hub.hub.issuer.issue(
            commonName: "hub.example", ou: "server", publicKey: try PrivateKey.makeP256().publicKey,
            names: [.dns("hub.example")], by: .hub)
        #expect(hub.hub.issuer.standing(of: [server]) == .refused)
    }

    @Test func endedCertificate_RenewsOnlyWithinItsKindsGrace() async throws {
        var policy = GracePolicy()
        policy.standard = .init(seconds: 86_400)
        policy.byType["lamp"] = .init(seconds: 10 * 86_400, needsApproval: true)
        let hub = try await TestHub { $0.grace = policy }
        let (device, certificate) = try await Self.provisioned(hub)
        let late = Peer(address: "192.0.2.7", endedCertificate: certificate)
        hub.clock.advance(by: certificate.notAfter - hub.clock.now + 3600)
        #expect(hub.hub.issuer.standing(of: [certificate]) == .ended)
        #expect(try await hub.network.send(.get, "/idprov/status/dev1", as: late).status == .forbidden)
        #expect(try await device.provision(at: hub, as: late).status == .approved)
        // The certificate before the newest opens nothing.
        #expect(try await device.provision(at: hub, as: late).status != .approved)

        let (lamp, lampCertificate) = try await Self.lamp(hub)
        hub.clock.advance(by: lampCertificate.notAfter - hub.clock.now + 3600)
        let lateLamp = Peer(address: "192.0.2.7", endedCertificate: lampCertificate)
        #expect(try await lamp.provision(at: hub, as: lateLamp).status == .waiting)
        try await hub.hub.rooms.devices.approve("lamp1", fingerprint: lamp.key.publicKey.fingerprint, by: .hub)
        #expect(try await lamp.provision(at: hub, as: lateLamp).status == .approved)
        hub.clock.advance(by: 60 * 86_400)
        #expect(hub.hub.issuer.standing(of: [lampCertificate]) == .refused)
    }

    private static func lamp(_ hub: TestHub) async throws -> (TestDevice, Certificate) {
        var secret = NewSecret(
            deviceID: "lamp1", value: Array("s3cret".utf8), validUntil: hub.clock.now + 3600)
        secret.deviceType = "lamp"
        try await hub.hub.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        let device = try TestDevice("lamp1", secret: "s3cret")
        return (device, try Certificate(pem: try await device.provision(at: hub).clientCert))
    }

    @Test func shortLives_LeaveNothingBehind() async throws {
        let hub = try await TestHub { $0.deviceValidity = 3600 }
        let (device, first) = try await Self.provisioned(hub)
        #expect(first.notAfter - hub.clock.now == 3600)
        var peer = Peer(address: "192.0.2.7", certificate: first)
        for _ in 0..<20 {
            hub.clock.advance(by: 1800)
            let answer = try await device.provision(at: hub, as: peer)
            #expect(answer.retrySec == 1800)
            peer = Peer(address: "192.0.2.7", certificate: try Certificate(pem: answer.clientCert))
        }
        try await hub.hub.issuer.removeEndedCertificates()
        #expect(try await hub.hub.issuer.certificates(commonName: "dev1", before: nil, limit: 100).count < 8)
        let list = try #require(try await hub.hub.lists.list(1))
        #expect(list.der.count < 400)
    }
}
