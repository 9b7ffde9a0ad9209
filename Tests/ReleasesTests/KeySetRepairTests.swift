import CoSignTestSupport
import CoSigning
import Encoding
import Journal
internal import JournalTestSupport
import PKI
import Releases
import Testing

/// What key sets repair at the hub when keys are stolen or lost (docs/protocols/cosign.md 7).
@Suite struct KeySetRepairTests {
    private func publish(_ rig: ReleasesRig, _ message: [UInt8]) async throws {
        _ = try await rig.releases.publishKeySet(message, project: rig.projectID, by: .hub)
    }

    /// A set signed by two recovery keys and others.
    private func recovery(
        _ rig: ReleasesRig, by others: [SigningKey] = [], _ changes: Publisher.Changes
    ) async throws -> [UInt8] {
        let trust = try await rig.trust()
        let claims = rig.publisher.keySet(trust, version: trust.version + 1, at: rig.now).changed(changes)
        return try Publisher.signed(claims, by: Array(rig.publisher.recovery.prefix(2)) + others)
    }

    @Test func numberThatRanAhead_IsTakenBack_ForReleasesAndOffers() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        try await rig.publish(41)
        try await rig.publish(CoSignLimits.largestInteger)
        _ = try await rig.fetch("lamp")
        #expect(try await rig.offers("lamp") == [CoSignLimits.largestInteger])
        await #expect(throws: CoSignRefusal.sequenceNotHigher) { try await rig.publish(42) }
        try await publish(
            rig, recovery(rig, [("seq_reset", .object([.init("os", .number("41")), .init("app", .number("7"))]))]))
        try await rig.publish(42)
        #expect(try await rig.offers("lamp") == [42, 41])
        let detail = try await rig.base.journal.auditEvents(before: nil, subject: rig.projectID, limit: 50)
            .first { $0.action == "cosign.keyset.publish" }?.detail
        #expect(detail?.contains("os=41") == true)
    }

    @Test func onlyProjectKey_IsReplacedByRecoveryKeys_AfterItWasRevoked() async throws {
        let rig = try await ReleasesRig()
        try await rig.setState(.revoked, of: rig.publisher.project)
        // Devices trust it until a set says otherwise, and the hub judges sets as they do.
        #expect(try await rig.trust().projectKeys == [rig.publisher.project.verification])
        let second = try Publisher.key(rig.projectID + "#2")
        let set = try await recovery(rig, by: [second], [("project_keys", .array([try second.verification.jwk]))])
        try await publish(rig, set)
        let release = try Publisher.signed(rig.publisher.release(1, at: rig.now), by: [second])
        _ = try await rig.releases.publish(release, project: rig.projectID, by: .hub)
    }

    @Test func recoverySet_GetsTheNextKey_WhileTheProjectIsSuspended() async throws {
        let rig = try await ReleasesRig()
        let next = try await rig.releases.nextCoSigner(of: rig.projectID, by: .hub)
        _ = try await rig.releases.setSuspended(rig.projectID, true, by: .hub)
        let changes: Publisher.Changes = [("cosigner_keys", .array([next.jwk]))]
        let set = try await recovery(rig, changes)
        let signed = try await rig.releases.coSignKeySet(set, project: rig.projectID, by: .hub)
        // The present key may be the stolen one: it does not sign.
        #expect(signed.entries.map(\.header.kid).suffix(1) == [next.kid] && signed.entries.count == 3)
        try await publish(rig, signed.encoded())
        #expect(try await rig.trust().coSignerKeys == [next])
        // One recovery key is not enough, and neither factor works while the project is suspended.
        let claims = rig.publisher.keySet(try await rig.trust(), version: 3, at: rig.now)
        for signer in [rig.publisher.recovery[0], rig.publisher.project] {
            let lacking = try Publisher.signed(claims, by: [signer])
            await #expect(throws: CoSignRefusal.suspended) {
                try await rig.releases.coSignKeySet(lacking, project: rig.projectID, by: .hub)
            }
        }
    }

    @Test func nextKeyThatDevicesHave_IsNotReplaced() async throws {
        let rig = try await ReleasesRig()
        let present = try #require(try await rig.trust().coSignerKeys.first)
        let next = try await rig.releases.nextCoSigner(of: rig.projectID, by: .hub)
        let other = try Publisher.key("other").key.pem()
        // Until a set has brought it to devices another one may take its place.
        let replaced = try await rig.releases.nextCoSigner(of: rig.projectID, key: .pem(other), by: .hub)
        #expect(replaced.key != next.key && replaced.kid == next.kid)
        let set = try await recovery(rig, [("cosigner_keys", .array([present.jwk, replaced.jwk]))])
        try await publish(
            rig, try await rig.releases.coSignKeySet(set, project: rig.projectID, by: .hub).encoded())
        let third = try Publisher.key("third").key.pem()
        await #expect(throws: ReleasesError.self) {
            try await rig.releases.nextCoSigner(of: rig.projectID, key: .pem(third), by: .hub)
        }
        #expect(try await rig.releases.nextCoSigner(of: rig.projectID, by: .hub) == replaced)
    }

    @Test func trustOfEachVersion_IsKept() async throws {
        let rig = try await ReleasesRig()
        let first = try await rig.trust()
        let second = try Publisher.key(rig.projectID + "#2")
        let both: JSONValue = .array((first.projectKeys + [try second.verification]).map(\.jwk))
        try await publish(rig, recovery(rig, by: [second], [("project_keys", both)]))
        for (version, trust) in [(Int64(1), first), (2, try await rig.trust())] {
            let bytes = try #require(try await rig.releases.trust(version: version, project: rig.projectID))
            #expect(try TrustedKeys(#require(StrictJSON.parse(bytes))) == trust)
        }
        #expect(try await rig.releases.trust(version: 3, project: rig.projectID) == nil)
    }
}
