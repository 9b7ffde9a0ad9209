import CoSigning
import Encoding
import Testing

/// What a key set may change (docs/protocols/cosign.md 7, steps 4 to 8).
@Suite struct KeyRotationTests {
    /// The rules of a trust store hold for the new one.
    @Test(arguments: ["project_keys", "cosigner_keys"]) func oneKeyInTwoRoles_IsABadKeySet(_ list: String) throws {
        let recovery = Party.recoveryA.jwk
        for key in [recovery, recovery.with("kid", "another name")] {
            let exchange = KeySetExchange().with(list, [Party.project.jwk, key])
            #expect(try exchange.error() == .badKeySet)
        }
    }

    /// The rules come before the number.
    @Test func badKeySetWithAWrongVersion_IsABadKeySet() throws {
        #expect(try KeySetExchange().with("version", 7).with("project_keys", []).error() == .badKeySet)
        #expect(try KeySetExchange().with("version", 7).with("recovery_keys", []).error() == .wrongVersion)
    }

    @Test(
        arguments: [
            ("recovery_keys", []), ("recovery_keys", nil),
            ("recovery_keys", [Party.recoveryA.jwk, Party.recoveryB.jwk]),
            ("recovery_keys", [Party.recoveryA.jwk, Party.recoveryB.jwk, Party.recoveryD.jwk]),
            ("recovery_keys", [Party.recoveryA.jwk, Party.recoveryB.jwk, Party.recoveryC.jwk, Party.recoveryD.jwk]),
            ("recovery_threshold", 1), ("recovery_threshold", 3),
        ] as [(String, JSONValue?)])
    func recoveryKeys_ChangeByRecoveryOnly(_ name: String, _ value: JSONValue?) throws {
        let changed = KeySetExchange().with(name, value)
        #expect(try changed.error() == .badKeySet)
        #expect(try changed.signed(by: .recoveryA, .recoveryB, .recoveryD, .nextCoSigner).error() == nil)
    }

    @Test func recoveryKeysInAnotherOrder_AreTheSame() throws {
        let keys = [Party.recoveryC, .recoveryA, .recoveryB].map(\.jwk)
        #expect(try KeySetExchange().with("recovery_keys", .array(keys)).error() == nil)
    }

    /// Also when new keys have not signed: the name is looked at first, wherever it stands.
    @Test func nameThatStays_KeepsItsKey() throws {
        let swapped = Party.stranger.jwk.with("kid", .string(Party.coSigner.kid.text))
        for keys in [[swapped], [swapped, Party.nextCoSigner.jwk], [Party.nextCoSigner.jwk, swapped]] {
            let exchange = KeySetExchange().with("cosigner_keys", .array(keys))
            #expect(try exchange.signed(by: .project, .coSigner).error() == .badKeySet)
        }
    }

    @Test func newKeyThatDidNotSign_IsMissing() throws {
        #expect(try KeySetExchange(signers: [.project, .coSigner]).error() == .missingSignature)
        var exchange = KeySetExchange()
        exchange.signers[2] = Party.stranger.named(Party.nextCoSigner.kid.text)
        #expect(try exchange.error() == .badSignature)
    }

    /// Each of several new keys.
    @Test func everyNewKey_MustHaveSigned() throws {
        let exchange = KeySetExchange().with("project_keys", [Party.nextProject.jwk])
        #expect(try exchange.error() == .missingSignature)
        #expect(try exchange.signed(by: .project, .coSigner, .nextProject).error() == .missingSignature)
        let accepted = try exchange.signed(by: .project, .coSigner, .nextProject, .nextCoSigner).judge()
        #expect(accepted.trust.projectKeys == [Party.nextProject.key])
    }

    /// An old key under a new name is a new key.
    @Test func oldKeyUnderANewName_SignsAgain() throws {
        let renamed = Party.coSigner.jwk.with("kid", "renamed")
        var exchange = KeySetExchange(signers: [.project, .coSigner]).with("cosigner_keys", [renamed])
        #expect(try exchange.error() == .missingSignature)
        exchange.signers.append(Party.coSigner.named("renamed"))
        #expect(try exchange.error() == nil)
    }

    @Test func oldAndNewKey_OverlapUntilTheNextKeySet() throws {
        var exchange = KeySetExchange().with("cosigner_keys", [Party.coSigner.jwk, Party.nextCoSigner.jwk])
        let both = try exchange.judge()
        #expect(both.trust.coSignerKeys == [Party.coSigner.key, Party.nextCoSigner.key])
        // The old key is not needed any more: the new one authorises its removal.
        exchange = KeySetExchange(signers: [.project, .nextCoSigner]).with("version", 3)
        exchange.trust = both.trust
        let last = try exchange.judge()
        #expect(last.trust.coSignerKeys == [Party.nextCoSigner.key])
        // What the old key co-signs counts no more.
        var release = Exchange()
        release.trust = last.trust
        #expect(try release.error() == .missingSignature)
    }

    /// Rolling back: no earlier key set is taken, nor the same again.
    @Test func earlierKeySet_IsAWrongVersion() throws {
        let first = try KeySetExchange().judge().trust
        var again = KeySetExchange()
        again.trust = first
        #expect(try again.error() == .wrongVersion)
        #expect(try again.with("version", 1).error() == .wrongVersion)
        #expect(try again.with("version", 3).error() == nil)
    }

    @Test func stolenKeys_AreReplacedByRecovery() throws {
        let exchange = KeySetExchange(signers: [.recoveryA, .recoveryC, .nextProject, .nextCoSigner])
            .with("project_keys", [Party.nextProject.jwk])
        let trust = try exchange.judge().trust
        #expect(trust.projectKeys == [Party.nextProject.key])
        #expect(trust.coSignerKeys == [Party.nextCoSigner.key])
        // The thief of both old keys has nothing left.
        var stolen = KeySetExchange(signers: [.project, .coSigner]).with("version", 3)
        stolen.trust = trust
        #expect(try stolen.error() == .missingSignature)
    }
}
