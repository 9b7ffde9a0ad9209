import Foundation
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import SecretsTestSupport
import Testing
internal import Wire

/// The change from one authority to the next: nobody touches the devices.
@Suite struct RolloverTests {
    private static func provisioned(_ rig: IssuingRig, _ id: String) async throws -> (
        TestDevice, Certificate, [Certificate]
    ) {
        try await rig.addSecret("s3cret", for: id)
        let device = try TestDevice(id, secret: "s3cret")
        let answer = try await device.enrol(at: rig)
        return (device, try answer.certificate, rig.issuer.authorities.anchors)
    }

    @Test func rotation_MovesDevicesAtTheirRenewal_AndBothCountMeanwhile() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_800_000_000)
        let device: TestDevice
        let (old, pinned): (Certificate, [Certificate])
        do {
            let rig = try await IssuingRig(folder: folder, clock: clock)
            (device, old, pinned) = try await Self.provisioned(rig, "dev1")
            let first = rig.issuer.authority.certificate
            #expect(pinned == [first])
            try await rig.issuer.rotate(rig.catalogue, by: .hub)
            let authorities = rig.issuer.authorities
            #expect(authorities.current.generation == 2)
            #expect(authorities.anchors == [authorities.current.certificate, first])
            #expect(rig.issuer.standing(of: [old]) == .valid)
            // The device was off: it knows the old root only, and verifies the hub through the cross certificate.
            let server = try await rig.issuer.issue(
                commonName: "hub.example", ou: "server", publicKey: try PrivateKey.makeP256().publicKey,
                names: [.dns("hub.example")], by: .hub)
            try TrustStore(roots: pinned, intermediates: authorities.chainToShow).verify(
                server, purpose: .server, at: clock.now)
            // And who knows only the new root verifies what the old one signed.
            try TrustStore(roots: [authorities.anchors[0]], intermediates: authorities.crossedOfPrevious).verify(
                old, purpose: .client, at: clock.now)
            #expect(authorities.published.count == 4)
        }
        let rig = try await IssuingRig(folder: folder, clock: clock)
        #expect(rig.issuer.authorities.all.map(\.generation) == [2, 1])
        let certificate = try await device.enrol(at: rig, with: old).certificate
        #expect(certificate.isSigned(by: rig.issuer.authority.certificate))
        #expect(try Certificate.all(inPEM: rig.issuer.authorities.anchorsPEM).count == 2)
    }

    @Test func oldAuthority_RetiresWithItsLastCertificate_OrByCommand() async throws {
        let rig = try await IssuingRig()
        let (device, old, _) = try await Self.provisioned(rig, "dev1")
        let issuer = rig.issuer
        try await issuer.rotate(rig.catalogue, by: .hub)
        await #expect(throws: IssuingError.authorityInUse(until: old.notAfter)) {
            try await issuer.retire(1, catalogue: rig.catalogue, force: false, by: .hub)
        }
        let answer = try await device.enrol(at: rig, with: old)
        #expect(try await issuer.retireEnded(rig.catalogue) == [])
        rig.clock.advance(by: old.notAfter - rig.clock.now + 1)
        #expect(try await issuer.retireEnded(rig.catalogue) == [1])
        #expect(issuer.authorities.anchors.count == 1)
        #expect(issuer.authorities.chainToShow.isEmpty)
        let current = try answer.certificate
        #expect(issuer.standing(of: [current]) == .refused || current.notAfter >= rig.clock.now)
        await #expect(throws: IssuingError.unknownAuthority(1)) {
            try await issuer.retire(1, catalogue: rig.catalogue, force: true, by: .hub)
        }
    }

    @Test func twoRotations_AreOneChain() async throws {
        let rig = try await IssuingRig()
        let (_, _, pinned) = try await Self.provisioned(rig, "dev1")
        for _ in 0..<2 { try await rig.issuer.rotate(rig.catalogue, by: .hub) }
        let server = try await rig.issuer.issue(
            commonName: "hub.example", ou: "server", publicKey: try PrivateKey.makeP256().publicKey,
            names: [.dns("hub.example")], by: .hub)
        try TrustStore(roots: pinned, intermediates: rig.issuer.authorities.chainToShow).verify(
            server, purpose: .server, at: rig.clock.now)
        for generation in [Int64(1), 2, 3] { #expect(try await rig.lists.list(generation) != nil) }
    }

    @Test func powerCutDuringARotation_LeavesTheOldAuthorityOrTheNewOne() async throws {
        let folder = try TemporaryFolder()
        let first: Certificate
        do {
            let rig = try await IssuingRig(folder: folder)
            first = rig.issuer.authority.certificate
        }
        // Key and certificate are on the disk, the store does not know of them: as if the power went between.
        let key = try PrivateKey.makeP256()
        try key.pem().write(toFile: IssuingRig.authorityFolder(folder) + "/ca-2.key", atomically: true, encoding: .utf8)
        let rig = try await IssuingRig(folder: folder)
        #expect(rig.issuer.authority.certificate == first)
        try await rig.issuer.rotate(rig.catalogue, by: .hub)
        #expect(rig.issuer.authority.generation == 2)
    }
}
