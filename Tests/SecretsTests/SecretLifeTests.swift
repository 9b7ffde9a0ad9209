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

    private static func new(_ rig: SecretsRig, _ value: String = "123456", life: Int64 = 3600) -> NewSecret {
        NewSecret(deviceID: "d1", value: Array(value.utf8), validUntil: rig.clock.now + life)
    }

    @Test(
        arguments: [
            (0, 60, SecretsError.invalidSecret), (1, 60, nil), (1024, 60, nil), (1025, 60, .invalidSecret),
            (6, 0, .expiredValidUntil), (6, -1, .expiredValidUntil), (6, 1, nil),
        ] as [(Int, Int64, SecretsError?)])
    func secretToBeRegistered_HasALengthAndAFuture(length: Int, life: Int64, error: SecretsError?) async throws {
        let rig = try await SecretsRig()
        let secret = Self.new(rig, String(repeating: "s", count: length), life: life)
        if let error {
            await #expect(throws: error) { try await rig.register(secret) }
        } else {
            try await rig.register(secret)
        }
        #expect(try await rig.secrets.secretCount() == (error == nil ? 1 : 0))
    }

    @Test(
        arguments: [
            ("", 1_900_000_000 + 3 * 86_400), ("2031-01-31", 1_927_670_399), ("2031-01-31T12:00:00Z", 1_927_627_200),
            ("2031-01-31T12:00:00+01:00", 1_927_623_600), ("1999-01-01", 915_235_199), ("31.01.2031", nil), (" ", nil),
            ("2031-02-30", nil), ("2031-01-31T12:00", nil),
        ] as [(String, Int64?)])
    func endOfALife_IsReadAsADateOrATime(text: String, end: Int64?) async throws {
        let rig = try await SecretsRig(clock: ManualClock(at: 1_900_000_000))
        if let end {
            #expect(try rig.secrets.validUntil(text) == end)
        } else {
            #expect(throws: SecretsError.invalidValidUntil) { try rig.secrets.validUntil(text) }
        }
    }

    @Test func secret_IsValidToItsLastSecond_AndGoesWithTheNextSweep() async throws {
        let rig = try await SecretsRig()
        try await rig.addSecret("123456", for: "d1", life: 60)
        rig.clock.advance(by: 60)
        #expect(try await rig.secret(of: "d1").secret != nil)
        try await rig.secrets.sweep()
        #expect(try await rig.secrets.secretCount() == 1)
        rig.clock.advance(by: 1)
        #expect(try await rig.secret(of: "d1").secret == nil)
        #expect(try await rig.secrets.secret(listing: "d1").validUntil == rig.clock.now - 1, "still listed")
        try await rig.secrets.sweep()
        #expect(try await rig.secrets.secretCount() == 0)
        await #expect(throws: SecretsError.unknownSecret("d1")) { try await rig.secrets.secret(listing: "d1") }
    }

    @Test func manyExpiredSecrets_GoInOneSweep_WithTheirGuesses() async throws {
        let rig = try await SecretsRig()
        _ = try await rig.addGuessedSecret()
        let text = "deviceID,secret\n" + (0..<2500).map { "x\($0),123456\n" }.joined()
        #expect(try await rig.importSecrets(text).added == 2500)
        let guessed = try #require(try await rig.secret(of: "x7").secret)
        for secret in [guessed, try #require(try await rig.secret(of: "d1").secret)] {
            try await rig.guess(secret, from: "192.0.2.1", atMost: 3)
        }
        rig.clock.advance(by: rig.secrets.limits.secretValiditySeconds + 1)
        try await rig.secrets.removeExpiredSecrets()
        #expect(try await rig.rows() == 1)
        #expect(try await rig.guessRows(of: "x7") == 0)
        #expect(try await rig.guessRows(of: "d1") == 1)
    }

    /// The hub may have stopped between storing the certificate and answering.
    @Test func usedSecret_IsGone_ButNotAfterARestart_ForTheKeyItWasUsedWith() async throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock.now())
        let rig = try await SecretsRig(folder: folder, clock: clock)
        try await rig.addSecret("123456", for: "d1")
        let secret = try #require(try await rig.secret(of: "d1").secret)
        #expect(secret.boundKey == nil)
        #expect(try await rig.use(secret, key: "key-1"))
        #expect(try await !rig.use(secret, key: "key-2"), "once")
        #expect(try await rig.secret(of: "d1").secret == nil)
        try rig.journal.store.close()
        let next = try await SecretsRig(folder: folder, clock: clock)
        let again = try #require(try await next.secret(of: "d1").secret)
        #expect(again.boundKey == "key-1" && again.value == secret.value)
        #expect(try await next.secrets.secrets(after: "", limit: 9).isEmpty, "an operator sees none")
        #expect(try await next.use(again, key: "key-1"))
        #expect(try await next.secret(of: "d1").secret == nil)
    }

    @Test func secretReplacedOrRemovedSinceItWasRead_IsNotUsed() async throws {
        let rig = try await SecretsRig()
        try await rig.register(Self.new(rig))
        let first = try #require(try await rig.secret(of: "d1").secret)
        try await rig.register(Self.new(rig))
        #expect(try await !rig.use(first), "the same words, but another registration")
        let second = try #require(try await rig.secret(of: "d1").secret)
        try await rig.secrets.removeSecret(of: "d1", by: .hub)
        #expect(try await !rig.use(second))
    }

    /// Guesses that came in parallel with the right one are all let through.
    @Test func rightProofAfterTheTenthWrongOne_IsTooLate_UnlessThePairingCountedItself() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        for _ in 0..<10 { try await rig.secrets.countWrongGuess(at: secret, by: .stranger(at: "192.0.2.1")) }
        #expect(try await !rig.use(secret, from: "192.0.2.1"))
        #expect(try await !rig.use(secret), "nobody's")
        #expect(try await rig.use(secret, from: "192.0.2.1", isPairing: true))
        #expect(try await rig.guessRows(of: "d1") == 0)
        let strong = try await rig.addGuessedSecret("LABELTEXTLABELTEXTLABELTEXT")
        for _ in 0..<30 { try await rig.secrets.countWrongGuess(at: strong, by: .stranger(at: "192.0.2.1")) }
        #expect(try await rig.use(strong, from: "192.0.2.1"), "a strong secret is never locked")
    }

    @Test func listing_IsReadPageByPage_InTheOrderOfBytes() async throws {
        let rig = try await SecretsRig()
        let ids = ["a", "B", "é", "e\u{301}", "a b", "10", "9", "温"]
        for id in ids { try await rig.addSecret("123456", for: id) }
        let sorted = ids.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        for limit in [1, 3, 8, 100] {
            var (pages, after): ([[UInt8]], String) = ([], "")
            while case let page = try await rig.secrets.secrets(after: after, limit: limit), let last = page.last {
                #expect(page.count <= limit && page.allSatisfy { $0.secret == nil })
                pages += page.map { Array($0.deviceID.utf8) }
                after = last.deviceID
            }
            #expect(pages == sorted)
            let names = try await rig.journal.store.read { db in
                try rig.secrets.ids(after: "a", limit: limit, in: db)
            }
            #expect(names.map { Array($0.utf8) } == Array(sorted.drop { $0 != Array("a b".utf8) }.prefix(limit)))
        }
    }

    @Test func export_IsInTheTrail_WithWhereItBegan() async throws {
        let rig = try await SecretsRig()
        try await rig.secrets.auditExport(after: "", by: Requester(name: "uid 0", address: "local"))
        try await rig.secrets.auditExport(after: "d1", by: Requester(name: "ann", address: "192.0.2.1"))
        let lines = try await rig.journal.auditEvents(before: nil, subject: "all", limit: 9)
        #expect(lines.map(\.action) == ["secret.export", "secret.export"])
        #expect(lines.map(\.requester.name) == ["ann", "uid 0"])
        #expect(lines.map(\.detail) == [#"{"after":"d1"}"#, "{}"])
    }

    @Test(arguments: [true, false])
    func volatileSecrets_AreDroppedAtTheStart_OthersStay(isVolatile: Bool) async throws {
        let rig = try await SecretsRig { $0.volatileSecrets = isVolatile }
        let secret = try await rig.addGuessedSecret()
        try await rig.guess(secret, from: "192.0.2.1", atMost: 3)
        try await rig.secrets.dropVolatileSecrets()
        #expect(try await rig.secrets.secretCount() == (isVolatile ? 0 : 1))
        #expect(try await rig.guessRows() == (isVolatile ? 0 : 1))
    }
}
