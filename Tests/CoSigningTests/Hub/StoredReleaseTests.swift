import CoSigning
import Encoding
import PKI
import Testing

/// Releases as the hub keeps and hands them out.
@Suite struct StoredReleaseTests {
    private static let device = DeviceDescription(id: "sensor-0001", type: "rpi4", groups: ["lab"])
    private static let coSigner = CoSigner(key: Party.coSigner.signer)

    private static func store(_ asking: Asking) throws -> StoredRelease {
        try StoredRelease(try asking.draft().bytes, project: asking.project)
    }

    private static func authorize(
        _ asking: Asking, _ device: DeviceDescription = device, now: Int64 = Exchange.now
    ) throws -> SignedMessage {
        try store(asking).authorized(
            for: device, grant: .init(audience: "device:" + device.id), by: coSigner, now: now, lifetime: 900)
    }

    @Test func storedRelease_HasThePublishersSignatureAlone() throws {
        let stored = try Self.store(.release())
        #expect(stored.message.entries.map(\.header.kid) == [Party.project.kid])
        #expect(stored.projectKey == Party.project.kid)
        #expect(stored.release.sequence == 42)
        #expect(stored.claims.members == Exchange.release)
        // Of two publishers the first that the project lists.
        var asking = Asking.release()
        asking.projectKeys = [Party.nextProject.registered(), Party.project.registered()]
        let both = try Self.store(asking.signed(by: .project, .server, .nextProject, .stranger))
        #expect(both.message.entries.map(\.header.kid) == [Party.nextProject.kid])
    }

    /// Exactly two signatures leave the hub: more, and a oneID device refuses the message.
    @Test func authorizedRelease_HasExactlyTwoSignatures() throws {
        let message = try Self.authorize(Asking.release().signed(by: .server, .project, .stranger))
        #expect(message.entries.map(\.header.kid) == [Party.project.kid, Party.coSigner.kid])
        #expect(try Exchange().judge(message.encoded()).action == .install)
    }

    @Test func releaseThatIsNone_IsRefused() throws {
        func refusal(_ asking: Asking) throws -> CoSignRefusal? { try hubRefusal { try Self.store(asking) } }
        #expect(try refusal(.release()) == nil)
        #expect(try refusal(Asking.release().signed(by: .server)) == .missingProjectSignature)
        #expect(try refusal(Asking.release().signed(by: .nextProject)) == .projectKeySuspended)
        var forged = Asking.release()
        forged.signers = [Party.stranger.named(Party.project.kid.text)]
        #expect(try refusal(forged) == .badSignature)
        #expect(try refusal(Asking.release().with(claim: "project", "other")) == .policy)
        #expect(try refusal(Asking.release().with(claim: "project", nil)) == .policy)
        #expect(try refusal(Asking.release().with(claim: "kind", "message")) == .policy)
        #expect(try refusal(Asking.release().with(claim: "kind", "keyset")) == .policy)
        #expect(try refusal(Asking.release().with(claim: "seq", 0)) == .badRequest)
        #expect(throws: CoSignRefusal.badRequest) { try StoredRelease([], project: Asking().project) }
        var draft = Draft(payload: "W10")
        try draft.sign(.project)
        let bytes = draft.bytes
        #expect(throws: CoSignRefusal.badRequest) { try StoredRelease(bytes, project: Asking().project) }
    }

    @Test func deviceThatDoesNotFit_GetsNothing() throws {
        #expect(throws: CoSignRefusal.policy) {
            try Self.authorize(.release(), DeviceDescription(id: "sensor-0001", type: "esp32"))
        }
        #expect(throws: CoSignRefusal.policy) {
            try Self.authorize(Asking.release().with(claim: "aud", "group:other"))
        }
        #expect(try Self.authorize(Asking.release().with(claim: "aud", "group:lab")).entries.count == 2)
    }

    @Test(
        arguments: [
            (1_799_996_280, true), (1_799_996_279, false), (1_831_535_999, true), (1_831_536_000, false),
            (.min, false), (.max, false),
        ] as [(Int64, Bool)])
    func release_IsHandedOutWithinItsTimes(_ now: Int64, _ isValid: Bool) throws {
        #expect(try Self.store(.release()).isValid(at: now) == isValid)
        guard (0...253_402_300_799).contains(now) else { return }
        #expect(((try? Self.authorize(.release(), now: now)) != nil) == isValid)
    }

    @Test func releaseWithoutABeginning_IsValidUntilItsEnd() throws {
        let stored = try Self.store(Asking.release().with(claim: "nbf", nil))
        #expect(stored.isValid(at: 0))
        // What the hub signs does not outlive the claims, so the tolerance of devices is none of the hub.
        #expect(stored.isValid(at: 1_831_535_999))
        #expect(!stored.isValid(at: 1_831_536_000))
    }

    /// For a bundle nobody asks: whoever the grant names.
    @Test func bundle_IsSignedForAGroup() throws {
        let message = try Self.store(.release()).signed(
            by: Self.coSigner, grant: .init(audience: "group:lab"), now: Exchange.now, lifetime: 2_592_000)
        var exchange = Exchange()
        exchange.clock = nil
        exchange.isOffline = true
        exchange.state.timeFloor = Exchange.now + 2_592_000
        #expect(try exchange.judge(message.encoded()).action == .install)
        exchange.device = DeviceDescription(id: "sensor-0001", type: "rpi4", groups: ["field"])
        #expect(try refusal { try exchange.judge(message.encoded()) } == .wrongAudience)
    }

    @Test func keyThatCannotSign_IsSuspended() throws {
        let key = try PrivateKey(pem: try OpenSSLKey.pem("ED25519"), passphrase: nil)
        let broken = CoSigner(key: .init(kid: Party.coSigner.kid, key: key))
        #expect(throws: CoSignRefusal.suspended) {
            try Self.store(.release()).signed(
                by: broken, grant: .init(audience: "all"), now: Exchange.now, lifetime: 900)
        }
    }
}
