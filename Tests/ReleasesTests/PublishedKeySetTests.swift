import CoSignTestSupport
import CoSigning
import Encoding
import Journal
import Releases
import Testing

/// Key sets on their way from a publisher to devices (docs/protocols/cosign.md 7).
@Suite struct PublishedKeySetTests {
    private func publish(_ rig: ReleasesRig, _ message: [UInt8]) async throws -> ProjectSnapshot {
        try await rig.releases.publishKeySet(message, project: rig.projectID, by: .hub)
    }

    /// A set that adds keys, signed by the project key and the co-signer.
    private func draft(
        _ rig: ReleasesRig, version: Int64, adding keys: [SigningKey], by signers: [SigningKey]
    ) async throws -> [UInt8] {
        let claims = rig.publisher.keySet(
            try await rig.trust(), version: version, at: rig.now, adding: try keys.map { try $0.verification })
        let signed = try Publisher.signed(claims, by: signers)
        return try await rig.releases.coSignKeySet(signed, project: rig.projectID, by: .hub).encoded()
    }

    @Test func device_WalksWhatTheHubPublished_AndTrustsTheNewKey() async throws {
        let rig = try await ReleasesRig()
        var trust = try await rig.trust()
        let second = try Publisher.key(rig.projectID + "#2")
        let third = try Publisher.key(rig.projectID + "#3")
        let project = rig.publisher.project
        _ = try await publish(
            rig, try await draft(rig, version: 2, adding: [second], by: [project, second]))
        let now = try await publish(rig, try await draft(rig, version: 3, adding: [third], by: [second, third]))
        #expect(now.record.trustVersion == 3)
        for version in [Int64(2), 3] {
            let bytes = try #require(try await rig.releases.keySet(version: version, project: rig.projectID))
            trust = try KeySet.accept(SignedMessage(parsing: bytes), trust: trust, state: AcceptanceState()).trust
        }
        #expect(try await rig.releases.keySet(version: 4, project: rig.projectID) == nil)
        #expect(trust.version == 3)
        #expect(Set(trust.projectKeys.map(\.kid)) == Set(try await rig.trust().projectKeys.map(\.kid)))
        // The hub takes releases of the new key.
        let claims = rig.publisher.release(1, at: rig.now)
        _ = try await rig.releases.publish(
            Publisher.signed(claims, by: [third]), project: rig.projectID, by: .hub)
        let reopened = try await ReleasesRig(reopening: rig)
        #expect(try await reopened.trust() == rig.trust())
    }

    @Test func keyThatASetLeavesOut_IsRevoked_AndItsReleasesAreOfferedNoMore() async throws {
        let rig = try await ReleasesRig()
        try await rig.put("lamp")
        try await rig.publish(1)
        let second = try Publisher.key(rig.projectID + "#2")
        let next = try Publisher.key(rig.projectID + "#3")
        let trust = try await rig.trust()
        let lacking = rig.publisher.keySet(trust, version: 2, at: rig.now).changed([
            ("project_keys", .array([try second.verification.jwk]))
        ])
        let signed = try await rig.releases.coSignKeySet(
            Publisher.signed(lacking, by: [rig.publisher.project, second]), project: rig.projectID, by: .hub)
        _ = try await publish(rig, signed.encoded())
        let keys = try await rig.releases.project(rig.projectID).keys(.project)
        #expect(keys.filter { $0.state == .active }.map(\.kid) == [second.kid])
        #expect(try await rig.offers("lamp") == [])
        await #expect(throws: CoSignRefusal.projectKeySuspended) { try await rig.publish(2) }
        // Recovery keys need no other.
        let recovered = rig.publisher.keySet(try await rig.trust(), version: 3, at: rig.now).changed([
            ("project_keys", .array([try next.verification.jwk]))
        ])
        let snapshot = try await publish(
            rig, try Publisher.signed(recovered, by: Array(rig.publisher.recovery.prefix(2)) + [next]))
        #expect(snapshot.record.trustVersion == 3)
        #expect(try await rig.trust().projectKeys.map(\.kid) == [next.kid])
    }

    @Test func setThatADeviceWouldReject_IsNotPublished() async throws {
        let rig = try await ReleasesRig()
        let second = try Publisher.key(rig.projectID + "#2")
        let project = rig.publisher.project
        let trust = try await rig.trust()
        let claims = rig.publisher.keySet(trust, version: 2, at: rig.now, adding: [try second.verification])
        let hubless = claims.changed([
            ("cosigner_keys", .array([try Publisher.key("project/x").verification.jwk]))
        ])
        let messages: [[UInt8]] = [
            try Publisher.signed(claims, by: [project, second]),
            try await draft(rig, version: 2, adding: [second], by: [project]),
            try await draft(rig, version: 1, adding: [second], by: [project, second]),
            try await draft(rig, version: 3, adding: [second], by: [project, second]),
            try Publisher.signed(claims, by: [rig.publisher.recovery[0], second]),
            try Publisher.signed(hubless, by: Array(rig.publisher.recovery.prefix(2))),
            try Publisher.signed(rig.publisher.release(1, at: rig.now), by: [project]),
            [], Array("{}".utf8), [UInt8](repeating: 0x20, count: 65_537),
        ]
        for message in messages {
            await #expect(throws: ReleasesError.self) { try await publish(rig, message) }
        }
        #expect(try await rig.trust() == trust)
        #expect(try await rig.releases.keySet(version: 2, project: rig.projectID) == nil)
    }

    @Test func setThatNamesAServersKid_OrARevokedKey_IsNotPublished() async throws {
        let rig = try await ReleasesRig()
        let project = rig.publisher.project
        let named = try Publisher.key(rig.publisher.server.kid.text)
        let set = try await draft(rig, version: 2, adding: [named], by: [project, named])
        await #expect(throws: ReleasesError.keyExists(named.kid.text)) { try await publish(rig, set) }
        let second = try Publisher.key(rig.projectID + "#2")
        let good = try await draft(rig, version: 2, adding: [second], by: [project, second])
        _ = try await publish(rig, good)
        try await rig.setState(.revoked, of: second)
        // Devices trust it until a set leaves it out; one that keeps it would be wrong here.
        #expect(try await rig.trust().projectKeys.contains(second.verification))
        let claims = rig.publisher.keySet(try await rig.trust(), version: 3, at: rig.now)
        let again = try Publisher.signed(claims, by: Array(rig.publisher.recovery.prefix(2)))
        await #expect(throws: ReleasesError.keyExists(second.kid.text)) { try await publish(rig, again) }
        #expect(try await rig.releases.project(rig.projectID).record.trustVersion == 2)
    }

    @Test func sameSetFromTwoOperatorsAtOnce_IsPublishedOnce() async throws {
        let rig = try await ReleasesRig()
        let second = try Publisher.key(rig.projectID + "#2")
        let set = try await draft(rig, version: 2, adding: [second], by: [rig.publisher.project, second])
        let published = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { (try? await publish(rig, set)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(published == 1)
    }

    @Test func hub_CoSignsNothingButASetOfItsProject_ThatAProjectKeySigned() async throws {
        let rig = try await ReleasesRig()
        let (publisher, now) = (rig.publisher, rig.now)
        let trust = try await rig.trust()
        let claims = publisher.keySet(trust, version: 2, at: now)
        func ask(_ claims: JSONValue, _ key: SigningKey) async throws -> SignedMessage {
            try await rig.releases.coSignKeySet(
                Publisher.signed(claims, by: [key]), project: rig.projectID, by: .hub)
        }
        await #expect(throws: ReleasesError.self) { try await ask(publisher.release(1, at: now), publisher.project) }
        await #expect(throws: ReleasesError.self) { try await ask(publisher.message(at: now), publisher.project) }
        await #expect(throws: ReleasesError.self) {
            try await ask(claims.changed([("project", .string("x"))]), publisher.project)
        }
        await #expect(throws: CoSignRefusal.missingProjectSignature) { try await ask(claims, publisher.server) }
        await #expect(throws: CoSignRefusal.badSignature) {
            try await ask(claims, Publisher.key(rig.projectID))
        }
        let signed = try await ask(claims, publisher.project)
        await #expect(throws: ReleasesError.self) {
            try await rig.releases.coSignKeySet(signed.encoded(), project: rig.projectID, by: .hub)
        }
        // The key set that replaces a stolen key is signed with it.
        try await rig.setState(.suspended, of: publisher.project)
        _ = try await ask(claims, publisher.project)
    }
}
