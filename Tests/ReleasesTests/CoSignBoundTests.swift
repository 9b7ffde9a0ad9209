import CoSignTestSupport
import CoSigning
import Encoding
import Journal
internal import JournalTestSupport
import Releases
import Testing

/// What the hub does not sign or keep, because no device would take it.
@Suite struct CoSignBoundTests {
    @Test func messageThatIsCoSignedAlready_OrFull_IsABadRequest_AndUsesNothingUp() async throws {
        let rig = try await ReleasesRig()
        let claims = rig.publisher.message(at: rig.now)
        let coSigner = try Publisher.key("project/" + rig.projectID)
        await #expect(throws: CoSignRefusal.badRequest) { try await rig.coSign(claims, with: [coSigner]) }
        let others = try (0..<15).map { try Publisher.key("other-\($0)") }
        await #expect(throws: CoSignRefusal.badRequest) { try await rig.coSign(claims, with: others) }
        let signed = try await rig.coSign(claims, with: Array(others.dropLast()))
        #expect(signed.entries.count == 16)
    }

    @Test func keySetOfAServer_GetsASignatureWithoutAnEnd() async throws {
        let rig = try await ReleasesRig()
        let claims = rig.publisher.keySet(try await rig.trust(), version: 2, at: rig.now)
            .changed([("iss", .string(rig.publisher.server.kid.text))])
        let signed = try await rig.coSign(claims, with: [rig.publisher.project])
        let header = try #require(signed.entries.last?.header.members)
        #expect(header["kid"]?.string == "project/" + rig.projectID)
        #expect(header["iat"] == nil && header["exp"] == nil && header["aud"] == nil)
    }

    @Test func releaseWithoutRoomForADevicesCoSignature_IsTooLarge() async throws {
        let rig = try await ReleasesRig()
        func padded(_ count: Int) -> Publisher.Changes { [("note", .string(String(repeating: "x", count: count)))] }
        await #expect(throws: CoSignRefusal.tooLarge) { try await rig.publish(1, padded(47_400)) }
        try await rig.put("lamp")
        try await rig.publish(1, padded(45_000))
        let message = try await rig.fetch("lamp", nonce: String(repeating: "n", count: 64))
        #expect(message.encoded().count <= CoSignLimits.message)
    }

    @Test func usedIds_OutliveAClockThatRanAhead() async throws {
        let rig = try await ReleasesRig()
        let claims = rig.publisher.message(at: rig.now)
        _ = try await rig.coSign(claims)
        let year: Int64 = 365 * 86_400
        rig.clock.jump(by: year)
        for _ in 0..<20 {
            rig.clock.advance(by: 60)
            _ = try await rig.base.journal.lookAtClock()
        }
        try await rig.releases.sweep()
        rig.clock.jump(by: -year)
        _ = try await rig.base.journal.lookAtClock()
        try await rig.releases.sweep()
        await #expect(throws: CoSignRefusal.replayed) { try await rig.coSign(claims) }
    }

    @Test func bundle_IsForApprovedReleases_AndShortNames() async throws {
        let rig = try await ReleasesRig { $0.approval = .manual }
        let release = try await rig.publish(1)
        func bundle(_ audience: String) async throws -> SignedMessage {
            try await rig.releases.bundle(release.id, audience: audience, days: 30, by: .hub)
        }
        await #expect(throws: ReleasesError.self) { try await bundle("all") }
        _ = try await rig.releases.setState(.approved, of: release.id, by: .hub)
        let long = "group:" + String(repeating: "g", count: 507)
        for audience in ["", "group:", "device:", "everybody", "All", long] {
            await #expect(throws: ReleasesError.self, "\(audience)") { try await bundle(audience) }
        }
        for audience in ["all", "group:lab", "device:lamp", String(long.dropLast())] {
            #expect(try await bundle(audience).entries.count == 2)
        }
    }

    @Test func watchOfADownload_EndsWithAnyChangeOfTheGate_ForTypesOfAProjectOnly() async throws {
        let rig = try await ReleasesRig()
        #expect(try await rig.releases.watch(types: ["lamp"]) == nil)
        let release = try await rig.publish(1)
        let watch = try #require(try await rig.releases.watch(types: ["lamp", "rpi4"]))
        try await rig.put("lamp")
        _ = try await rig.fetch("lamp")
        #expect(watch.isUnchanged)
        _ = try await rig.releases.setState(.withdrawn, of: release.id, by: .hub)
        #expect(!watch.isUnchanged)
        let again = try #require(try await rig.releases.watch(types: ["rpi4"]))
        try await rig.setState(.suspended, of: rig.publisher.project)
        #expect(!again.isUnchanged)
    }
}
