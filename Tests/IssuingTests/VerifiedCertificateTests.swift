internal import Devices
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import SecretsTestSupport
import Testing
@testable import Issuing

/// Handshakes are judged in memory: what is known of a signature saves a verification, and never stands for the time,
/// the authority or a revocation.
@Suite struct VerifiedCertificateTests {
    private static func made(_ rig: IssuingRig, _ count: Int) async throws -> [Certificate] {
        var certificates: [Certificate] = []
        for number in 0..<count { certificates.append(try await rig.certificate("c\(number)", ou: "client")) }
        return certificates
    }

    /// Signed by nobody this site believes.
    private static func stranger(_ name: String = "dev1") async throws -> Certificate {
        try await IssuingRig().certificate(name, ou: "iotdevice")
    }

    // MARK: - What is kept

    @Test func known_AreThoseUsedLast_AndNeverMoreThanTheLimit() async throws {
        let certificates = try await Self.made(try await IssuingRig(), 12)
        let known = VerifiedCertificates(limit: 8)
        for (number, certificate) in certificates.prefix(4).enumerated() {
            known.add(certificate, signer: Int64(number))
        }
        #expect(certificates.prefix(5).map(known.signer(of:)) == [0, 1, 2, 3, nil])
        // Four more push the first four into the older half; the one that is used meanwhile comes back from it.
        for certificate in certificates[4..<7] { known.add(certificate, signer: 9) }
        #expect(known.signer(of: certificates[1]) == 1)
        for certificate in certificates[7..<11] { known.add(certificate, signer: 9) }
        #expect(known.signer(of: certificates[1]) == 1, "used last")
        #expect(known.signer(of: certificates[0]) == nil && known.signer(of: certificates[3]) == nil)
        #expect(certificates.count { known.signer(of: $0) != nil } <= 8)
    }

    @Test func certificateThatIsNotByteForByteTheSame_IsNotKnown() async throws {
        let certificates = try await Self.made(try await IssuingRig(), 2)
        let known = VerifiedCertificates()
        known.add(certificates[0], signer: 3)
        #expect(known.signer(of: certificates[1]) == nil)
        #expect(known.signer(of: try Certificate(der: certificates[0].der)) == 3)
        known.add(certificates[0], signer: 4)
        #expect(known.signer(of: certificates[0]) == 4)
    }

    // MARK: - What it is worth

    @Test func issuedCertificate_IsKnownBeforeItsFirstHandshake_ServerCertificatesAreNot() async throws {
        let rig = try await IssuingRig()
        let client = try await rig.certificate("alice", ou: "client")
        let server = try await rig.certificate("hub.example", ou: "server")
        #expect(rig.issuer.verified.signer(of: client) == 1)
        #expect(rig.issuer.verified.signer(of: server) == nil)
        #expect(rig.issuer.standing(of: [client]) == .valid)
        for _ in 1...2 { #expect(rig.issuer.standing(of: [server]) == .refused) }
        #expect(rig.issuer.verified.signer(of: server) == nil)
    }

    @Test func strangersCertificate_IsRefusedEachTime_WhateverItBringsAlong() async throws {
        let rig = try await IssuingRig()
        let other = try await IssuingRig()
        let foreign = try await other.certificate("dev1", ou: "iotdevice")
        let own = try await rig.certificate("dev2", ou: "iotdevice")
        for chain in [
            [foreign], [foreign, other.issuer.authority.certificate], [foreign, own],
            [foreign, rig.issuer.authority.certificate], [other.issuer.authority.certificate], [],
        ] {
            for _ in 1...2 { #expect(rig.issuer.standing(of: chain) == .refused) }
        }
        #expect(rig.issuer.verified.signer(of: foreign) == nil)
        #expect(rig.issuer.standing(of: [own, foreign]) == .valid, "what comes behind the first is no more than help")
    }

    @Test func knownCertificate_IsRefusedOnceItIsRevoked_AndHeardAgainAfterAHold() async throws {
        let rig = try await IssuingRig()
        let certificate = try await rig.certificate("alice", ou: "client")
        let serial = certificate.serial.description
        #expect(rig.issuer.standing(of: [certificate]) == .valid)
        try await rig.issuer.revoke(serial: serial, reason: .certificateHold, by: .hub)
        #expect(rig.issuer.verified.signer(of: certificate) == 1, "its signature is as it was")
        #expect(rig.issuer.standing(of: [certificate]) == .refused)
        try await rig.issuer.unhold(serial: serial, by: .hub)
        #expect(rig.issuer.standing(of: [certificate]) == .valid)
    }

    @Test func knownCertificate_IsValidToItsLastSecond_AndEndedWithinItsGrace() async throws {
        let rig = try await IssuingRig(clock: ManualClock(at: 1_900_000_000)) {
            $0.deviceValidity = 3600
            $0.grace.standard = .init(seconds: 600)
        }
        let certificate = try await rig.certificate("dev1", ou: "iotdevice")
        func standing(at moment: Int64) -> CertificateStatus {
            rig.clock.jump(by: moment - rig.clock.now)
            return rig.issuer.standing(of: [certificate])
        }
        #expect(standing(at: certificate.notAfter) == .valid)
        #expect(standing(at: certificate.notAfter + 1) == .ended)
        #expect(standing(at: certificate.notAfter + 600) == .ended)
        #expect(standing(at: certificate.notAfter + 601) == .refused)
        #expect(standing(at: certificate.notBefore) == .valid)
        #expect(standing(at: certificate.notBefore - 1) == .ended, "made by a clock that was ahead")
        // The same for one that has to be verified first.
        rig.clock.jump(by: certificate.notAfter - rig.clock.now)
        let again = try await IssuingRig(folder: rig.folder, clock: rig.clock) {
            $0.deviceValidity = 3600
            $0.grace.standard = .init(seconds: 600)
        }
        for (moment, status) in [
            (certificate.notAfter + 601, .refused), (certificate.notAfter + 600, .ended),
            (certificate.notAfter, .valid), (certificate.notBefore - 1, .ended),
        ] as [(Int64, CertificateStatus)] {
            rig.clock.jump(by: moment - rig.clock.now)
            #expect(again.issuer.standing(of: [certificate]) == status)
        }
    }

    @Test func certificateOfARetiredAuthority_IsRefused_AlthoughItsSignerIsKnown() async throws {
        let rig = try await IssuingRig()
        let old = try await rig.certificate("alice", ou: "client")
        try await rig.issuer.rotate(rig.catalogue, by: .hub)
        let new = try await rig.certificate("bob", ou: "client")
        #expect([old, new].map { rig.issuer.verified.signer(of: $0) } == [1, 2])
        #expect([old, new].map { rig.issuer.standing(of: [$0]) } == [.valid, .valid])
        try await rig.issuer.retire(1, catalogue: rig.catalogue, force: true, by: .hub)
        #expect([old, new].map { rig.issuer.standing(of: [$0]) } == [.refused, .valid])
        let again = try await IssuingRig(folder: rig.folder)
        #expect([old, new].map { again.issuer.standing(of: [$0]) } == [.refused, .valid])
    }

    @Test func certificateOfAnAuthorityThatHasEnded_IsRefused() async throws {
        let rig = try await IssuingRig(clock: ManualClock(at: 1_900_000_000))
        let authority = rig.issuer.authority.certificate
        rig.clock.advance(by: authority.notAfter - rig.clock.now - 1000)
        let certificate = try await rig.certificate("alice", ou: "client")
        #expect(certificate.notAfter <= authority.notAfter)
        #expect(rig.issuer.standing(of: [certificate]) == .valid)
        rig.clock.advance(by: 1001)
        #expect(rig.issuer.standing(of: [certificate]) == .refused)
        await #expect(throws: IssuingError.authorityEnded(at: authority.notAfter)) {
            try await rig.certificate("bob", ou: "client")
        }
    }

    /// One that the store does not know is left for whoever writes it down, once.
    @Test func certificateThatWasVerified_IsLeftForTheStore_ThenKnown() async throws {
        let before = try await IssuingRig()
        let certificate = try await before.certificate("alice", ou: "client")
        let rig = try await before.restored()
        #expect(rig.issuer.verified.signer(of: certificate) == nil)
        #expect(rig.issuer.standing(of: [certificate]) == .valid)
        #expect(rig.issuer.verified.signer(of: certificate) == 1)
        var seen = rig.issuer.unknownCertificates.makeAsyncIterator()
        #expect(await seen.next() == certificate)
        let foreign = try await Self.stranger()
        #expect(rig.issuer.standing(of: [foreign]) == .refused)
        await #expect(throws: IssuingError.foreignCertificate) { try await rig.issuer.learn(foreign, by: .hub) }
    }
}
