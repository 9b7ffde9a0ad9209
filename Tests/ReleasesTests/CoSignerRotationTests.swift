import CoSignTestSupport
import CoSigning
import Encoding
import Journal
import PKI
import Releases
import Testing

/// The co-signer's key is replaced (docs/protocols/cosign.md 7): the next one is made, introduced, and then takes over.
@Suite struct CoSignerRotationTests {
    /// A key set with these co-signer keys, signed by the project key and the hub.
    private func publish(_ rig: ReleasesRig, version: Int64, coSigners: [VerificationKey]) async throws {
        let claims = rig.publisher.keySet(try await rig.trust(), version: version, at: rig.now).changed([
            ("cosigner_keys", .array(coSigners.map(\.jwk)))
        ])
        let signed = try await rig.releases.coSignKeySet(
            Publisher.signed(claims, by: [rig.publisher.project]), project: rig.projectID, by: .hub)
        _ = try await rig.releases.publishKeySet(signed.encoded(), project: rig.projectID, by: .hub)
    }

    private func signers(_ rig: ReleasesRig) async throws -> [String] {
        try await rig.coSign().entries.map(\.header.kid.text)
    }

    @Test func nextKey_SignsOnceThePresentOneIsLeftOut_AlsoAfterARestart() async throws {
        let rig = try await ReleasesRig()
        let present = try #require(try await rig.trust().coSignerKeys.first)
        let next = try await rig.releases.nextCoSigner(of: rig.projectID, by: .hub)
        #expect(next.kid.text == present.kid.text + "#2")
        // Asked again it is the same one, and devices do not hear of it yet.
        #expect(try await rig.releases.nextCoSigner(of: rig.projectID, by: .hub) == next)
        #expect(try await rig.trust().coSignerKeys == [present])

        try await publish(rig, version: 2, coSigners: [present, next])
        #expect(try await signers(rig).last == present.kid.text)
        #expect(Set(try await rig.trust().coSignerKeys.map(\.kid)) == [present.kid, next.kid])

        try await publish(rig, version: 3, coSigners: [next])
        #expect(try await signers(rig).last == next.kid.text)
        let reopened = try await ReleasesRig(reopening: rig)
        #expect(try await signers(reopened).last == next.kid.text)
        #expect(try await reopened.trust().coSignerKeys == [next])
        let third = try await reopened.releases.nextCoSigner(of: rig.projectID, by: .hub)
        #expect(third.kid.text == present.kid.text + "#3")
    }

    @Test func setWithoutAKeyOfTheHub_IsNotPublished() async throws {
        let rig = try await ReleasesRig()
        let foreign = try Publisher.key("project/elsewhere").verification
        _ = try await rig.releases.nextCoSigner(of: rig.projectID, by: .hub)
        await #expect(throws: ReleasesError.self) { try await publish(rig, version: 2, coSigners: [foreign]) }
        #expect(try await rig.trust().version == 1)
    }

    @Test func keyOfTheProject_IsNoNextKey() async throws {
        let rig = try await ReleasesRig()
        let pem = try rig.publisher.project.key.pem()
        await #expect(throws: ReleasesError.self) {
            try await rig.releases.nextCoSigner(of: rig.projectID, key: .pem(pem), by: .hub)
        }
    }
}
