import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import Secrets
internal import SecretsTestSupport
import Store
import Testing
internal import Wire

/// Devices whose secret somebody guesses at.
@Suite struct GuessedSecretTests {
    @Test func oneAddress_LocksItselfOnly_HoweverLongItGoesOn() async throws {
        let rig = try await IssuingRig()
        let secret = try await rig.addGuessedSecret()
        var heard = 0
        for _ in 0..<500 {
            heard += try await rig.guess(secret, from: "203.0.113.66", atMost: 100)
            rig.clock.advance(by: 600)
        }
        #expect(heard >= 500, "it is heard ten times an hour")
        #expect(try await rig.issuer.claim("d1", from: "192.0.2.7").gates == .open)
        #expect(try await TestDevice("d1", secret: "123456").enrol(at: rig).status == .approved)
    }

    /// What nobody hears is not written either: else whoever guesses would write without end.
    @Test func guessesWhileLocked_AreNotWritten() async throws {
        let rig = try await IssuingRig()
        try await rig.addSecret("LABELTEXTLABELTEXTLABELTEXT", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        for _ in 0..<10 { #expect(try await wrong.enrol(at: rig).status == .rejected) }
        for _ in 0..<10 { #expect(try await wrong.enrol(at: rig).status == .waiting) }
        let counted = try await rig.rooms.journal.store.read { db in
            try db.first("SELECT sum(wrong) FROM guess", []) { $0.integer(0) }
        }
        #expect(counted == 10)
    }

    @Test func counts_EndWithTheSecret() async throws {
        let rig = try await IssuingRig()
        for ending in 0..<4 {
            let secret = try await rig.addGuessedSecret()
            _ = try await rig.guess(secret, from: "203.0.113.66", atMost: 10)
            #expect(try await rig.guessRows() == 1)
            switch ending {
            case 0: #expect(try await TestDevice("d1", secret: "123456").enrol(at: rig).status == .approved)
            case 1: try await rig.rooms.secrets.removeSecret(of: "d1", by: .hub)
            case 2: try await rig.addSecret("654321", for: "d1")
            default:
                rig.clock.advance(by: 366 * 86_400)
                try await rig.rooms.secrets.removeExpiredSecrets()
            }
            #expect(try await rig.guessRows() == 0, "\(ending)")
        }
    }
}
