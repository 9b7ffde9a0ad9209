import CoSignTestSupport
import CoSigning
import Encoding
import Journal
import JournalTestSupport
import Releases
import Testing

/// Releases on their way from a publisher to a device.
@Suite struct PublishedReleaseTests {
    @Test func uploadedRelease_IsKept_TheSameOneAgainIsNoOther_ALowerOneIsRefused() async throws {
        let rig = try await ReleasesRig()
        let claims = rig.publisher.release(5, at: rig.now)
        func upload(_ claims: JSONValue) async throws -> (release: ReleaseRecord, isNew: Bool) {
            try await rig.releases.publish(
                rig.publisher.request(claims, at: rig.now, with: [rig.publisher.project]), project: rig.projectID,
                by: .hub)
        }
        let first = try await upload(claims)
        #expect(first.isNew && first.release.state == .approved && first.release.sequence == 5)
        #expect(first.release.uploadedBy == "server " + rig.publisher.server.kid.text)
        let again = try await upload(claims)
        #expect(!again.isNew && again.release == first.release)
        for sequence in [Int64(5), 4, 1] {
            await #expect(throws: CoSignRefusal.sequenceNotHigher) {
                try await upload(rig.publisher.release(sequence, at: rig.now))
            }
        }
        // Another stream counts for itself.
        #expect(try await upload(rig.publisher.release(1, at: rig.now, [("stream", .string("app"))])).isNew)
        #expect(try await rig.releases.releases(project: rig.projectID, stream: "os").map(\.sequence) == [5])
    }

    @Test func operatorsUpload_NeedsTheProjectKeyOnly() async throws {
        let rig = try await ReleasesRig()
        func upload(_ claims: JSONValue, by keys: [SigningKey]) async throws -> ReleaseRecord {
            try await rig.releases.publish(
                Publisher.signed(claims, by: keys), project: rig.projectID, by: .hub
            ).release
        }
        let (publisher, now) = (rig.publisher, rig.now)
        #expect(try await upload(publisher.release(1, at: now), by: [publisher.project]).state == .approved)
        let refused: [(JSONValue, [SigningKey], CoSignRefusal)] = [
            (publisher.release(2, at: now), [publisher.server], .missingProjectSignature),
            (
                publisher.release(2, at: now), [try Publisher.key(publisher.project.kid.text)], .badSignature
            ),
            (publisher.message(at: now), [publisher.project], .policy),
            (publisher.release(2, at: now, [("project", .string("x"))]), [publisher.project], .policy),
            (publisher.release(2, at: now, [("seq", .string("2"))]), [publisher.project], .badRequest),
            (publisher.release(2, at: now, [("device_types", .array([]))]), [publisher.project], .badRequest),
            (publisher.release(2, at: now - 400 * 86_400), [publisher.project], .policy),
            (publisher.release(2, at: now + 121), [publisher.project], .policy),
        ]
        for (claims, keys, refusal) in refused {
            await #expect(throws: refusal) { try await upload(claims, by: keys) }
        }
        #expect(try await rig.releases.releases(project: nil, stream: nil).map(\.sequence) == [1])
    }

    @Test func manualApproval_KeepsAReleaseFromDevicesUntilItIsApproved() async throws {
        let rig = try await ReleasesRig { $0.approval = .manual }
        try await rig.put("lamp")
        let release = try await rig.publish(1)
        #expect(release.state == .pending)
        #expect(try await rig.offers("lamp") == [])
        #expect(try await rig.releases.mayFetch(release.sha256, rig.asker("lamp")) == false)
        await #expect(throws: ReleasesError.invalid("release \(release.id) waits for approval; approve it first")) {
            try await rig.releases.bundle(release.id, audience: "all", days: 1, by: .hub)
        }
        _ = try await rig.releases.setState(.approved, of: release.id, by: .hub)
        #expect(try await rig.offers("lamp") == [1])
        #expect(try await rig.releases.mayFetch(release.sha256, rig.asker("lamp")))
        #expect(try await rig.actions(of: release.id) == ["cosign.release.add", "cosign.release.approve"])
    }

    @Test func authorisedRelease_IsWhatADeviceAccepts_WithTwoSignaturesExactly() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        try await rig.publish(7)
        let nonce = String(repeating: "n", count: 43)
        let message = try await rig.fetch("lamp", nonce: nonce, deployment: "d-1")
        let coSigner = "project/" + rig.projectID
        #expect(message.entries.map(\.header.kid.text) == [rig.projectID, coSigner])
        let device = DeviceDescription(id: "lamp", type: "rpi4")
        for clock in [rig.now, nil] {
            let verification = Verification(
                trust: try await rig.trust(), .init(device: device, clock: clock, challenge: nonce))
            let accepted = try verification.accept(
                SignedMessage(parsing: message.encoded()), kind: .release, state: AcceptanceState())
            #expect(accepted.action == .install && accepted.deployment == "d-1")
            #expect(accepted.claims.release?.sequence == 7)
        }
        let other = Verification(
            trust: try await rig.trust(),
            .init(device: DeviceDescription(id: "stove", type: "rpi4"), clock: rig.now, challenge: nonce))
        #expect {
            try other.accept(message, kind: .release, state: AcceptanceState())
        } throws: { ($0 as? CoSignError)?.name == .wrongAudience }
        // It lives as long as the project says, no longer.
        let late = Verification(
            trust: try await rig.trust(), .init(device: device, clock: rig.now + 904, challenge: nonce))
        #expect { try late.accept(message, kind: .release, state: AcceptanceState()) } throws: {
            ($0 as? CoSignError)?.name == .expired
        }
    }

    @Test func device_IsOfferedTheHighestForItsType_AndNeverALowerOneThanBefore() async throws {
        let rig = try await ReleasesRig { $0.deviceTypes = ["rpi4", "rpi5"] }
        try await rig.put("lamp")
        try await rig.put("stove")
        try await rig.publish(1, types: ["rpi4", "rpi5"])
        try await rig.publish(2)
        let third = try await rig.publish(3)
        try await rig.publish(4, types: ["rpi5"])
        #expect(try await rig.offers("lamp") == [3, 2, 1])
        #expect(try await rig.offers("lamp", type: "rpi5") == [4, 1])
        #expect(try await rig.offers("lamp", stream: "app") == [])
        _ = try await rig.fetch("lamp")
        _ = try await rig.releases.setState(.withdrawn, of: third.id, by: .hub)
        #expect(try await rig.offers("lamp") == [])
        #expect(try await rig.offers("stove") == [2, 1])
        let reopened = try await ReleasesRig(reopening: rig)
        #expect(try await reopened.offers("lamp") == [])
        try await reopened.publish(5)
        #expect(try await reopened.offers("lamp") == [5])
    }

    @Test func offerFromBeforeAHigherOneWasGiven_IsNotSigned() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        try await rig.publish(1)
        let old = try #require(try await rig.releases.offers(to: rig.asker("lamp"), stream: "os").first)
        try await rig.publish(2)
        _ = try await rig.fetch("lamp")
        await #expect(throws: CoSignRefusal.policy) {
            try await rig.releases.authorize(old, nonce: nil, deployment: nil)
        }
    }

    @Test func releaseThatHasEnded_OrHasNotBegun_OrIsForOthers_IsNotSigned() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        try await rig.publish(1, [("aud", .string("device:stove"))])
        await #expect(throws: CoSignRefusal.policy) { try await rig.fetch("lamp") }
        try await rig.publish(
            2,
            [
                ("exp", .number("\(rig.now + 100)")),
                ("jti", .string(MessageID.make(end: rig.now + 100).text)),
            ])
        _ = try await rig.fetch("lamp")
        rig.clock.advance(by: 101)
        #expect(try await rig.offers("lamp") == [])
    }

    @Test func deviceOfNoProject_AsksForNothing() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        #expect(try await rig.releases.asker("lamp", claimedType: "other") == nil)
        #expect(try await rig.releases.asker("lamp", claimedType: nil) == nil)
        // What the hub knows of its type outweighs what it says.
        try await rig.put("stove", type: "other")
        #expect(try await rig.releases.asker("stove", claimedType: "rpi4") == nil)
        try await rig.put("fridge", type: "rpi4")
        #expect(try await rig.releases.asker("fridge", claimedType: "other")?.type == "rpi4")
    }

    @Test func bundle_IsAcceptedOfflineByWhomItNames_AndNoLongerThanItSays() async throws {
        let rig = try await ReleasesRig()
        let release = try await rig.publish(1)
        let message = try await rig.releases.bundle(release.id, audience: "group:lab", days: 30, by: .hub)
        #expect(message.entries.count == 2)
        func error(_ groups: [String], after days: Int64) async throws -> CoSignError.Name? {
            let verification = Verification(
                trust: try await rig.trust(),
                .init(
                    device: DeviceDescription(id: "lamp", type: "rpi4", groups: groups),
                    clock: rig.now + days * 86_400, isOffline: true))
            do {
                _ = try verification.accept(message, kind: .release, state: AcceptanceState())
                return nil
            } catch {
                return error.name
            }
        }
        #expect(try await error(["lab"], after: 0) == nil)
        #expect(try await error(["lab"], after: 30) == nil)
        #expect(try await error(["lab"], after: 31) == .expired)
        #expect(try await error(["office"], after: 0) == .wrongAudience)
        for (audience, days) in [("lab", 1), ("group:", 1), ("", 1), ("all", 0), ("all", 32)] as [(String, Int64)] {
            await #expect(throws: ReleasesError.self) {
                try await rig.releases.bundle(release.id, audience: audience, days: days, by: .hub)
            }
        }
        await #expect(throws: ReleasesError.unknownRelease("nothing")) {
            try await rig.releases.bundle("nothing", audience: "all", days: 1, by: .hub)
        }
    }
}
