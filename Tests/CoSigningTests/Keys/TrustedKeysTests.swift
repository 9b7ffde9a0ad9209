import CoSigning
import Encoding
import PKI
import Testing

/// The rules of a trust store (docs/protocols/cosign.md 1).
@Suite struct TrustedKeysTests {
    private static let good = Exchange.trust.json

    private static func refusal(_ json: JSONValue) throws -> CoSignError.Name? {
        try CoSigningTests.refusal { try TrustedKeys(json) }
    }

    @Test func trustStore_SurvivesBeingWrittenAndRead() throws {
        #expect(try TrustedKeys(Self.good) == Exchange.trust)
        #expect(try TrustedKeys(Self.good).json == Self.good)
        #expect(
            Self.good.members?.map(\.name) == [
                "project", "version", "project_keys", "cosigner_keys", "recovery_keys", "recovery_threshold",
            ])
    }

    @Test(
        arguments: [
            ("project", nil), ("project", ""), ("project", 1), ("version", nil), ("version", 0), ("version", -1),
            ("version", "1"), ("version", .number("1.0")), ("version", 9_007_199_254_740_992), ("project_keys", nil),
            ("project_keys", []), ("project_keys", .null), ("project_keys", [:]), ("project_keys", [1]),
            ("cosigner_keys", nil), ("cosigner_keys", []), ("cosigner_keys", "a"), ("recovery_keys", .null),
            ("recovery_keys", [[:]]), ("recovery_threshold", 0), ("recovery_threshold", -1), ("recovery_threshold", 4),
            ("recovery_threshold", "2"), ("recovery_threshold", .null), ("recovery_threshold", .number("2.0")),
        ] as [(String, JSONValue?)])
    func storeWithAWrongMember_IsBadTrust(_ name: String, _ value: JSONValue?) throws {
        #expect(try Self.refusal(Self.good.with(name, value)) == .badTrust)
    }

    @Test(
        arguments: [
            ("version", 1), ("version", 9_007_199_254_740_991), ("recovery_threshold", 1), ("recovery_threshold", 2),
            ("recovery_threshold", 3), ("recovery_threshold", nil), ("more", [1]),
        ] as [(String, JSONValue?)])
    func storeWithinTheRules_IsRead(_ name: String, _ value: JSONValue?) throws {
        #expect(try Self.refusal(Self.good.with(name, value)) == nil)
    }

    /// Without recovery keys the threshold says nothing, but it is a number.
    @Test func storeWithoutRecoveryKeys_IsRead() throws {
        for value: JSONValue? in [nil, []] {
            let store = Self.good.with("recovery_keys", value)
            #expect(try Self.refusal(store) == nil)
            #expect(try Self.refusal(store.with("recovery_threshold", 3)) == nil)
            #expect(try Self.refusal(store.with("recovery_threshold", 0)) == .badTrust)
        }
    }

    private static let lists = ["project_keys", "cosigner_keys", "recovery_keys"]

    /// One key under two names could play both factors; one name for two keys leaves open who signed.
    @Test(arguments: lists, lists) func keyOrNameThatStandsTwice_IsBadTrust(_ one: String, _ other: String) throws {
        let key = try #require(Self.good[one]?.array?.first)
        let others = try #require(Self.good[other]?.array)
        let sameKey = key.with("kid", "another name")
        let sameName = Party.stranger.jwk.with("kid", key["kid"])
        let fresh = Party.stranger.jwk
        #expect(try Self.refusal(Self.good.with(other, .array(others + [sameKey]))) == .badTrust)
        #expect(try Self.refusal(Self.good.with(other, .array(others + [sameName]))) == .badTrust)
        #expect(try Self.refusal(Self.good.with(other, .array(others + [fresh]))) == nil)
    }

    /// The same point written in another way is the same key.
    @Test func keyWithLeadingZerosLeftOut_IsStillTheSameKey() throws {
        var key: VerificationKey
        var x: [UInt8]
        repeat {
            key = try #require(VerificationKey(kid: Party.device.kid, key: try PrivateKey.makeP256().publicKey))
            x = try #require(Base64URL.decode(try key.jwk.requiredText("x")))
        } while x[0] != 0
        let short = key.jwk.with("x", .string(Base64URL.encode(Array(x.dropFirst())))).with("kid", "short")
        let store = Self.good.with("project_keys", [key.jwk]).with("cosigner_keys", [short])
        #expect(try Self.refusal(store) == .badTrust)
    }

    @Test func list_HasSixtyFourKeysAtMost() throws {
        let keys = try (0..<65).map { place in
            let kid = try #require(KeyID("key-\(place)"))
            return try #require(VerificationKey(kid: kid, key: try PrivateKey.makeP256().publicKey)).jwk
        }
        #expect(try Self.refusal(Self.good.with("project_keys", .array(Array(keys.prefix(64))))) == nil)
        #expect(try Self.refusal(Self.good.with("project_keys", .array(keys))) == .badTrust)
    }

    @Test func storeMadeInPlace_FollowsTheSameRules() throws {
        #expect(throws: CoSignError(.badTrust, "")) {
            try TrustedKeys(project: "p", version: 1, projectKeys: [], coSignerKeys: [Party.coSigner.key])
        }
        #expect(throws: CoSignError(.badTrust, "")) {
            try TrustedKeys(
                project: "p", version: 1, projectKeys: [Party.project.key], coSignerKeys: [Party.coSigner.key],
                recoveryKeys: [Party.recoveryA.key])
        }
        let made = try TrustedKeys(
            project: "p", version: 1, projectKeys: [Party.project.key], coSignerKeys: [Party.coSigner.key],
            recoveryKeys: [Party.recoveryA.key], recoveryThreshold: 1)
        #expect(made.all.map(\.kid) == [Party.project.kid, Party.coSigner.kid, Party.recoveryA.kid])
    }
}
