internal import Devices
import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import RouteTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing
internal import Wire

/// Certificates that are revoked, have ended, or last for an hour, as their devices meet it.
@Suite struct CertificateLifeTests {
    private static func provisioned(_ rig: IDProvRig, _ id: String = "dev1") async throws -> (TestDevice, Certificate) {
        try await rig.addSecret("s3cret", for: id)
        let device = try TestDevice(id, secret: "s3cret")
        let answer = try await device.provision(at: rig)
        return (device, try Certificate(pem: answer.clientCert))
    }

    @Test func revokedCertificate_IsRefusedAtHandshakeAndOnOpenConnections_AfterARestartToo() async throws {
        let folder = try TemporaryFolder()
        let peer: Peer
        let certificate: Certificate
        do {
            let rig = try await IDProvRig(folder: folder)
            (_, certificate) = try await Self.provisioned(rig)
            peer = Peer(address: "192.0.2.7", certificate: certificate)
            #expect(rig.issuer.standing(of: [certificate]) == .valid)
            #expect(try await rig.network.send(.get, "/idprov/status/dev1", as: peer).status == .ok)
            try await rig.issuer.revoke(
                serial: certificate.serial.description, reason: .keyCompromise, by: .hub)
            #expect(rig.issuer.standing(of: [certificate]) == .refused)
            #expect(try await rig.network.send(.get, "/idprov/status/dev1", as: peer).status == .forbidden)
            #expect(try await rig.network.send(.get, "/idprov/directory", as: peer).status == .forbidden)
            #expect(try await rig.rooms.devices.device("dev1").state == .revoked)
        }
        let again = try await IDProvRig(folder: folder)
        #expect(again.issuer.standing(of: [certificate]) == .refused)
        #expect(try await again.network.send(.get, "/idprov/directory", as: peer).status == .forbidden)
    }

    @Test func endedCertificate_RenewsOnlyWithinItsKindsGrace() async throws {
        var policy = GracePolicy()
        policy.standard = .init(seconds: 86_400)
        policy.byType["lamp"] = .init(seconds: 10 * 86_400, needsApproval: true)
        let rig = try await IDProvRig { $0.grace = policy }
        let (device, certificate) = try await Self.provisioned(rig)
        let late = Peer(address: "192.0.2.7", endedCertificate: certificate)
        rig.clock.advance(by: certificate.notAfter - rig.clock.now + 3600)
        #expect(rig.issuer.standing(of: [certificate]) == .ended)
        #expect(try await rig.network.send(.get, "/idprov/status/dev1", as: late).status == .forbidden)
        #expect(try await device.provision(at: rig, as: late).status == .approved)
        // The certificate before the newest opens nothing.
        #expect(try await device.provision(at: rig, as: late).status != .approved)

        let (lamp, lampCertificate) = try await Self.lamp(rig)
        rig.clock.advance(by: lampCertificate.notAfter - rig.clock.now + 3600)
        let lateLamp = Peer(address: "192.0.2.7", endedCertificate: lampCertificate)
        #expect(try await lamp.provision(at: rig, as: lateLamp).status == .waiting)
        try await rig.rooms.devices.approve("lamp1", fingerprint: lamp.key.publicKey.fingerprint, by: .hub)
        #expect(try await lamp.provision(at: rig, as: lateLamp).status == .approved)
        rig.clock.advance(by: 60 * 86_400)
        #expect(rig.issuer.standing(of: [lampCertificate]) == .refused)
    }

    private static func lamp(_ rig: IDProvRig) async throws -> (TestDevice, Certificate) {
        var secret = NewSecret(
            deviceID: "lamp1", value: Array("s3cret".utf8), validUntil: rig.clock.now + 3600)
        secret.deviceType = "lamp"
        try await rig.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        let device = try TestDevice("lamp1", secret: "s3cret")
        return (device, try Certificate(pem: try await device.provision(at: rig).clientCert))
    }

    @Test func shortLives_LeaveNothingBehind() async throws {
        let rig = try await IDProvRig { $0.deviceValidity = 3600 }
        let (device, first) = try await Self.provisioned(rig)
        #expect(first.notAfter - rig.clock.now == 3600)
        var peer = Peer(address: "192.0.2.7", certificate: first)
        for _ in 0..<20 {
            rig.clock.advance(by: 1800)
            let answer = try await device.provision(at: rig, as: peer)
            #expect(answer.retrySec == 1800)
            peer = Peer(address: "192.0.2.7", certificate: try Certificate(pem: answer.clientCert))
        }
        try await rig.issuer.removeEndedCertificates()
        #expect(try await rig.issuer.certificates(commonName: "dev1", before: nil, limit: 100).count < 8)
        let list = try #require(try await rig.issuing.lists.list(1))
        #expect(list.der.count < 400)
    }
}
