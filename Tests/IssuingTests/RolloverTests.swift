import Foundation
import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Testing
internal import Wire

/// The change from one authority to the next: nobody touches the devices.
@Suite struct RolloverTests {
    private static func catalogue(_ hub: TestHub) -> AuthorityCatalogue { hub.hub.catalogue }

    private static func provisioned(_ hub: TestHub, _ id: String) async throws -> (
        TestDevice, Certificate, [Certificate]
    ) {
        try await hub.addSecret("s3cret", for: id)
        let device = try TestDevice(id, secret: "s3cret")
        let answer = try await device.provision(at: hub)
        return (device, try Certificate(pem: answer.clientCert), try Certificate.all(inPEM: answer.caCert))
    }

    @Test func rotation_MovesDevicesAtTheirRenewal_AndBothCountMeanwhile() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_800_000_000)
        let device: TestDevice
        let (old, pinned): (Certificate, [Certificate])
        do {
            let hub = try await TestHub(folder: folder, clock: clock)
            (device, old, pinned) = try await Self.provisioned(hub, "dev1")
            let first = hub.hub.issuer.authority.certificate
            #expect(pinned == [first])
            try await hub.hub.issuer.rotate(Self.catalogue(hub), by: .hub)
            let authorities = hub.hub.issuer.authorities
            #expect(authorities.current.generation == 2)
            #expect(authorities.anchors == [authorities.current.certificate, first])
            #expect(hub.hub.issuer.standing(of: [old]) == .valid)
            // The device was off: it knows the old root only, and verifies the hub through the cross certificate.
            let server = try await hub.hub.issuer.issue(
                commonName: "hub.example", ou: "server", publicKey: try PrivateKey.makeP256().publicKey,
                names: [.dns("hub.example")], by: .hub)
            try TrustStore(roots: pinned, intermediates: authorities.chainToShow).verify(
                server, purpose: .server, at: clock.now)
            // And who knows only the new root verifies what the old one signed.
            try TrustStore(roots: [authorities.anchors[0]], intermediates: authorities.crossedOfPrevious).verify(
                old, purpose: .client, at: clock.now)
            #expect(authorities.published.count == 4)
        }
        let hub = try await TestHub(folder: folder, clock: clock)
        #expect(hub.hub.issuer.authorities.all.map(\.generation) == [2, 1])
        let renewed = try await device.provision(
            at: hub, as: Peer(address: "192.0.2.7", certificate: old))
        let certificate = try Certificate(pem: renewed.clientCert)
        #expect(certificate.isSigned(by: hub.hub.issuer.authority.certificate))
        #expect(try Certificate.all(inPEM: renewed.caCert).count == 2)
    }

    @Test func oldAuthority_RetiresWithItsLastCertificate_OrByCommand() async throws {
        let hub = try await TestHub()
        let (device, old, _) = try await Self.provisioned(hub, "dev1")
        let issuer = hub.hub.issuer
        try await issuer.rotate(Self.catalogue(hub), by: .hub)
        await #expect(throws: IssuingError.authorityInUse(until: old.notAfter)) {
            try await issuer.retire(1, catalogue: Self.catalogue(hub), force: false, by: .hub)
        }
        let answer = try await device.provision(at: hub, as: Peer(address: "192.0.2.7", certificate: old))
        #expect(try await issuer.retireEnded(Self.catalogue(hub)) == [])
        hub.clock.advance(by: old.notAfter - hub.clock.now + 1)
        #expect(try await issuer.retireEnded(Self.catalogue(hub)) == [1])
        #expect(issuer.authorities.anchors.count == 1)
        #expect(issuer.authorities.chainToShow.isEmpty)
        let current = try Certificate(pem: answer.clientCert)
        #expect(issuer.standing(of: [current]) == .refused || current.notAfter >= hub.clock.now)
        await #expect(throws: IssuingError.unknownAuthority(1)) {
            try await issuer.retire(1, catalogue: Self.catalogue(hub), force: true, by: .hub)
        }
    }

    @Test func retiredByForce_CertificatesUnderItCountNoMore() async throws {
        let hub = try await TestHub()
        let (_, old, _) = try await Self.provisioned(hub, "dev1")
        try await hub.hub.issuer.rotate(Self.catalogue(hub), by: .hub)
        try await hub.hub.issuer.retire(1, catalogue: Self.catalogue(hub), force: true, by: .hub)
        #expect(hub.hub.issuer.standing(of: [old]) == .refused)
        let list = try await hub.publication.send(.get, "/pki/ca.crl")
        #expect(list.status == .ok)
    }

    @Test func twoRotations_AreOneChain() async throws {
        let hub = try await TestHub()
        let (_, _, pinned) = try await Self.provisioned(hub, "dev1")
        for _ in 0..<2 { try await hub.hub.issuer.rotate(Self.catalogue(hub), by: .hub) }
        let server = try await hub.hub.issuer.issue(
            commonName: "hub.example", ou: "server", publicKey: try PrivateKey.makeP256().publicKey,
            names: [.dns("hub.example")], by: .hub)
        try TrustStore(roots: pinned, intermediates: hub.hub.issuer.authorities.chainToShow).verify(
            server, purpose: .server, at: hub.clock.now)
        for generation in [Int64(1), 2, 3] { #expect(try await hub.hub.lists.list(generation) != nil) }
    }

    @Test func powerCutDuringARotation_LeavesTheOldAuthorityOrTheNewOne() async throws {
        let folder = try TemporaryFolder()
        let first: Certificate
        do {
            let hub = try await TestHub(folder: folder)
            first = hub.hub.issuer.authority.certificate
        }
        // Key and certificate are on the disk, the store does not know of them: as if the power went between.
        let key = try PrivateKey.makeP256()
        try key.pem().write(toFile: folder.path + "/state/ca/ca-2.key", atomically: true, encoding: .utf8)
        let hub = try await TestHub(folder: folder)
        #expect(hub.hub.issuer.authority.certificate == first)
        try await hub.hub.issuer.rotate(Self.catalogue(hub), by: .hub)
        #expect(hub.hub.issuer.authority.generation == 2)
    }
}
