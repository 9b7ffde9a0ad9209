import CoSigning
import Encoding
import Testing

/// Who may put new keys into a device, and what a key set must be (docs/protocols/cosign.md 7, steps 1 to 4).
@Suite struct KeySetTests {
    @Test func goodKeySet_BecomesTheTrustStore() throws {
        let exchange = KeySetExchange()
        let accepted = try exchange.judge()
        #expect(accepted.trust.version == 2)
        #expect(accepted.trust.projectKeys == [Party.project.key])
        #expect(accepted.trust.coSignerKeys == [Party.nextCoSigner.key])
        #expect(accepted.trust.recoveryKeys == Exchange.trust.recoveryKeys)
        #expect(accepted.state == exchange.state)
        #expect(accepted.claims == exchange.claims)
    }

    /// One project key and one co-signer key, or two of three recovery keys; a new key does not count.
    @Test(
        arguments: [
            ([.project, .coSigner], nil), ([.coSigner, .project], nil), ([.recoveryA, .recoveryB], nil),
            ([.recoveryC, .recoveryA], nil), ([.recoveryA, .recoveryB, .recoveryC], nil),
            ([.project, .coSigner, .recoveryA], nil), ([.project], .missingSignature), ([.coSigner], .missingSignature),
            ([.recoveryA], .missingSignature), ([.project, .recoveryA], .missingSignature),
            ([.coSigner, .recoveryA], .missingSignature), ([.project, .nextCoSigner], .missingSignature),
            ([.nextProject, .coSigner], .missingSignature), ([.recoveryA, .recoveryD], .missingSignature),
            ([.server, .stranger], .missingSignature), ([.project, .coSigner, .stranger], nil),
        ] as [([Party], CoSignError.Name?)])
    func signers_AuthorizeOrDoNot(_ signers: [Party], _ error: CoSignError.Name?) throws {
        #expect(try KeySetExchange.unchanged(signers: signers).error() == error)
    }

    @Test(arguments: [(1, [Party.recoveryA]), (3, [.recoveryA, .recoveryB, .recoveryC])] as [(Int64, [Party])])
    func threshold_IsThatOfTheOldStore(_ threshold: Int64, _ signers: [Party]) throws {
        let old = Exchange.trust
        var exchange = KeySetExchange.unchanged(signers: signers).with("recovery_threshold", .integer(threshold))
        exchange.trust = try TrustedKeys(old.json.with("recovery_threshold", .integer(threshold)))
        #expect(try exchange.error() == nil)
        exchange.signers.removeLast()
        #expect(try exchange.error() == .missingSignature)
        // What the key set itself says of the threshold counts from the next one on.
        let lowered = KeySetExchange.unchanged(signers: [.recoveryA]).with("recovery_threshold", 1)
        #expect(try lowered.error() == .missingSignature)
    }

    @Test func storeWithoutRecoveryKeys_HasNoRecovery() throws {
        let old = Exchange.trust.json.with("recovery_keys", []).with("recovery_threshold", 1)
        var exchange = KeySetExchange.unchanged(signers: [.recoveryA, .recoveryB]).with("recovery_keys", [])
            .with("recovery_threshold", 1)
        exchange.trust = try TrustedKeys(old)
        #expect(try exchange.error() == .missingSignature)
        #expect(try exchange.signed(by: .project, .coSigner).error() == nil)
    }

    /// Every signature of a known key is checked, also of those that were not needed.
    @Test(arguments: [Party.project, .coSigner, .recoveryA])
    func wrongSignatureOfAKnownKey_IsRefused(_ party: Party) throws {
        var exchange = KeySetExchange.unchanged(signers: [.project, .coSigner, .recoveryA])
        exchange.signers = exchange.signers.map { signer in
            signer.kid == party.kid ? Party.stranger.named(party.kid.text) : signer
        }
        #expect(try exchange.error() == .badSignature)
    }

    @Test func wrongSignatureOfAnUnknownKey_IsSkipped() throws {
        var draft = try KeySetExchange.unchanged(signers: [.project, .coSigner, .stranger]).draft()
        draft.signatures[2].signature = draft.signatures[0].signature
        let message = try SignedMessage(parsing: draft.bytes)
        #expect(try KeySet.accept(message, trust: Exchange.trust, state: .init()).trust.version == 2)
    }

    @Test(
        arguments: [
            ("kind", nil, .wrongKind), ("kind", "release", .wrongKind), ("kind", "message", .wrongKind),
            ("kind", 1, .wrongKind), ("project", nil, .wrongProject), ("project", "other", .wrongProject),
            ("project", 1, .wrongProject), ("version", nil, .badClaims), ("version", 0, .badClaims),
            ("version", "2", .badClaims), ("version", .number("2.0"), .badClaims),
            ("version", 9_007_199_254_740_992, .badClaims),
            ("version", 1, .wrongVersion), ("version", 3, .wrongVersion),
            ("version", 9_007_199_254_740_991, .wrongVersion),
            ("project_keys", [], .badKeySet), ("project_keys", nil, .badKeySet), ("cosigner_keys", [], .badKeySet),
            ("cosigner_keys", [1], .badKeySet), ("recovery_threshold", 0, .badKeySet),
            ("recovery_threshold", 4, .badKeySet), ("seq_reset", [], .badClaims), ("seq_reset", .null, .badClaims),
            ("seq_reset", ["OS": 1], .badClaims), ("seq_reset", ["os": -1], .badClaims),
            ("seq_reset", ["os": "1"], .badClaims), ("seq_reset", ["os": .number("1.0")], .badClaims),
            ("seq_reset", ["os": 9_007_199_254_740_992], .badClaims), ("seq_reset", [:], nil),
        ] as [(String, JSONValue?, CoSignError.Name?)])
    func claim_IsAcceptedOrNamesItsError(_ name: String, _ value: JSONValue?, _ error: CoSignError.Name?) throws {
        #expect(try KeySetExchange().with(name, value).error() == error)
    }

    /// A device that was off for years walks the chain: times and the id are not looked at.
    @Test(
        arguments: [
            ("nbf", 253_402_300_799), ("nbf", nil), ("nbf", "never"), ("exp", 0), ("exp", nil), ("jti", nil),
            ("jti", "none"), ("iat", "x"), ("aud", "device:other"),
        ] as [(String, JSONValue?)])
    func timesAndID_AreNotLookedAt(_ name: String, _ value: JSONValue?) throws {
        #expect(try KeySetExchange().with(name, value).error() == nil)
    }

    /// The release verifier rejects a key set, and the key set verifier a release.
    @Test func keySet_IsJudgedAsAKeySetOnly() throws {
        let keySet = try KeySetExchange.unchanged(signers: [.project, .coSigner]).draft().bytes
        for kind in [MessageKind.release, .message] {
            #expect(try refusal { try Exchange(kind).judge(keySet) } == .wrongKind)
        }
        let release = try SignedMessage(parsing: try Exchange().draft().bytes)
        #expect(try refusal { try KeySet.accept(release, trust: Exchange.trust, state: .init()) } == .wrongKind)
        var expected = Exchange(.message)
        expected.kind = .keyset
        #expect(try refusal { try expected.judge(keySet) } == .badClaims)
    }

    @Test func payload_IsDecodedAfterTheSignatures() throws {
        for (payload, error) in [("A", CoSignError.Name.badFormat), ("W10", .badClaims)] {
            var draft = Draft(payload: payload)
            try draft.sign(.project)
            let half = try SignedMessage(parsing: draft.bytes)
            #expect(try refusal { try KeySet.accept(half, trust: Exchange.trust, state: .init()) } == .missingSignature)
            try draft.sign(.coSigner)
            let whole = try SignedMessage(parsing: draft.bytes)
            #expect(try refusal { try KeySet.accept(whole, trust: Exchange.trust, state: .init()) } == error)
        }
    }
}
