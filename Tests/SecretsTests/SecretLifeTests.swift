import Foundation
internal import Journal
internal import JournalTestSupport
import PKI
internal import Secrets
internal import SecretsTestSupport
import Store
import Testing
internal import Wire

/// What must not happen to secrets, guesses and records, however things fall together.
@Suite struct SecretLifeTests {
    private static func importing(_ text: String, _ rig: SecretsRig) async throws {
        let job = try await SecretImport(
            into: rig.secrets, for: rig.holders, options: ImportOptions(source: "test"),
            folder: rig.folder.path)
        try await job.feed(Array(text.utf8))
        #expect(try await job.finish(by: .hub).isStored)
    }

    @Test func replacedSecret_StaysReplacedWhenTheNewOneEnds() async throws {
        let rig = try await SecretsRig()
        try await rig.addSecret("old-secret", for: "d1", life: 365 * 86_400)
        try await Self.importing("deviceID,secret\nd1,new-secret\n", rig)
        rig.clock.advance(by: 4 * 86_400)
        try await rig.secrets.removeExpiredSecrets()
        #expect(try await rig.secret(of: "d1").secret == nil)
    }

    @Test func secretsGiveNoRoleThatAdministersOrSpeaksForTheHub() async throws {
        let rig = try await SecretsRig()
        for ou in ["admin", "ocsp", "server", "nonsense"] {
            var secret = NewSecret(deviceID: "d1", value: [1], validUntil: rig.clock.now + 60)
            secret.ou = ou
            let refused = secret
            await #expect(throws: SecretsError.invalidOU) {
                try await rig.register(refused)
            }
        }
    }
}
