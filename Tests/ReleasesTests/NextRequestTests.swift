import CoSignTestSupport
import CoSigning
import Devices
import Encoding
import Journal
import Releases
import Testing

/// What an operator takes away is gone with the next request.
@Suite struct NextRequestTests {
    @Test func revokedServer_IsRefused_AndStaysRevoked() async throws {
        let rig = try await ReleasesRig()
        _ = try await rig.coSign()
        try await rig.setState(.revoked, of: rig.publisher.server)
        await #expect(throws: CoSignRefusal.serverRevoked) { try await rig.coSign() }
        await #expect(throws: CoSignRefusal.serverRevoked) { try await rig.publish(1) }
        await #expect(throws: ReleasesError.keyRevoked(rig.publisher.server.kid.text)) {
            try await rig.setState(.active, of: rig.publisher.server)
        }
        await #expect(throws: CoSignRefusal.serverRevoked) { try await ReleasesRig(reopening: rig).coSign() }
        #expect(try await rig.actions(of: rig.publisher.server.kid.text) == ["cosign.key.add", "cosign.key.revoked"])
    }

    @Test func suspendedServer_IsRefusedUntilItIsActivated() async throws {
        let rig = try await ReleasesRig()
        try await rig.setState(.suspended, of: rig.publisher.server)
        await #expect(throws: CoSignRefusal.serverRevoked) { try await rig.coSign() }
        try await rig.setState(.active, of: rig.publisher.server)
        _ = try await rig.coSign()
    }

    @Test func suspendedProjectKey_StopsMessages_Uploads_AndOffers() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        try await rig.publish(1)
        #expect(try await rig.offers("lamp") == [1])
        try await rig.setState(.suspended, of: rig.publisher.project)
        #expect(try await rig.offers("lamp") == [])
        await #expect(throws: CoSignRefusal.projectKeySuspended) { try await rig.publish(2) }
        await #expect(throws: CoSignRefusal.projectKeySuspended) {
            try await rig.coSign(with: [rig.publisher.project])
        }
        let signed = try Publisher.signed(rig.publisher.release(2, at: rig.now), by: [rig.publisher.project])
        await #expect(throws: CoSignRefusal.projectKeySuspended) {
            try await rig.releases.publish(signed, project: rig.projectID, by: .hub)
        }
        // Without that key's signature it is none of its business.
        _ = try await rig.coSign()
        try await rig.setState(.active, of: rig.publisher.project)
        #expect(try await rig.offers("lamp") == [1])
    }

    @Test func keySuspendedBetweenOfferAndSignature_SignsNothing() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        try await rig.publish(1)
        let offer = try #require(try await rig.releases.offers(to: rig.asker("lamp"), stream: "os").first)
        try await rig.setState(.suspended, of: rig.publisher.project)
        await #expect(throws: CoSignRefusal.projectKeySuspended) {
            try await rig.releases.authorize(offer, nonce: nil, deployment: nil)
        }
    }

    @Test func withdrawnRelease_IsNotOfferedToTheNext_NorSignedForWhoAskedAlready() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        let first = try await rig.publish(1)
        let second = try await rig.publish(2)
        let offer = try #require(try await rig.releases.offers(to: rig.asker("lamp"), stream: "os").first)
        #expect(offer.record.id == second.id)
        _ = try await rig.releases.setState(.withdrawn, of: second.id, by: .hub)
        await #expect(throws: CoSignRefusal.withdrawn) {
            try await rig.releases.authorize(offer, nonce: nil, deployment: nil)
        }
        #expect(try await rig.offers("lamp") == [1])
        #expect(try await rig.releases.mayFetch(second.sha256, rig.asker("lamp")) == false)
        #expect(try await rig.releases.mayFetch(first.sha256, rig.asker("lamp")))
        await #expect(throws: ReleasesError.releaseWithdrawn(second.id)) {
            try await rig.releases.setState(.approved, of: second.id, by: .hub)
        }
    }

    @Test(arguments: [DeviceState.revoked, .rejected, .removed, .pending])
    func deviceWithoutRights_IsRefused(state: DeviceState) async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        try await rig.publish(1)
        let offer = try #require(try await rig.releases.offers(to: rig.asker("lamp"), stream: "os").first)
        try await rig.put("lamp", state)
        await #expect(throws: CoSignRefusal.deviceRevoked) {
            try await rig.releases.asker("lamp", claimedType: "rpi4")
        }
        await #expect(throws: CoSignRefusal.deviceRevoked) {
            try await rig.releases.authorize(offer, nonce: nil, deployment: nil)
        }
        // Of a device without a record nothing is known, for it or against it.
        let nobody = try await rig.releases.asker("nobody", claimedType: "rpi4")
        #expect(nobody == nil)
    }

    @Test func suspendedProject_SignsNothing_AfterARestartToo_UntilItIsResumed() async throws {
        let former = try await ReleasesRig()
        try await former.put("lamp")
        let release = try await former.publish(1)
        _ = try await former.releases.setSuspended(former.projectID, true, by: .hub)
        let rig = try await ReleasesRig(reopening: former)
        await #expect(throws: CoSignRefusal.suspended) { try await rig.coSign() }
        await #expect(throws: CoSignRefusal.suspended) { try await rig.fetch("lamp") }
        await #expect(throws: CoSignRefusal.suspended) {
            try await rig.releases.bundle(release.id, audience: "all", days: 1, by: .hub)
        }
        _ = try await rig.releases.setSuspended(rig.projectID, false, by: .hub)
        _ = try await rig.coSign()
        _ = try await rig.fetch("lamp")
        let actions = try await rig.actions(of: rig.projectID).filter { !$0.hasPrefix("cosign.key") }
        #expect(actions == ["cosign.project.create", "cosign.suspend", "cosign.resume"])
    }
}
