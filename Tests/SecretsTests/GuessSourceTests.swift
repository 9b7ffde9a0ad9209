internal import Encoding
internal import Journal
internal import JournalTestSupport
import PKI
internal import Secrets
internal import SecretsTestSupport
import Store
import Testing
internal import Wire

/// Who counts as one that guesses, and who has a row of its own.
@Suite struct GuessSourceTests {
    private static let device = "192.0.2.7"
    private static func network(_ number: Int) -> String { "2001:db8:0:\(String(number, radix: 16))::1" }

    private static func locked(_ rig: SecretsRig) async throws -> [String] {
        try await rig.journal.alarms(all: false, before: nil, limit: 9).filter { $0.kind == .secretLocked }
            .map(\.subject)
    }

    /// Rows of sources at other devices, as many as are told apart in all and some more.
    private static func fill(_ rig: SecretsRig, failures: Int = 1, age: Int64 = 0) async throws {
        try await rig.journal.store.write { [now = rig.clock.now] db in
            try db.run(
                """
                INSERT INTO guess_address (
                    device_id, address, guesses, locked_until, failures, next_at, has_paired, touched_at)
                WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 16999)
                    SELECT 'other-' || i, '203.0.113.1', 1, 0, ?, 0, 0, ? FROM n
                """, [failures, now - age])
        }
    }

    /// Everything that a machine can do with many addresses, in three hours.
    private static func attack(_ secret: OOBSecret, from addresses: [String], _ rig: SecretsRig) async throws {
        for _ in 0..<3 {
            for address in addresses {
                try await rig.guess(secret, from: address, atMost: 10)
                _ = try await rig.secrets.countPairingAttempt("d1", by: .stranger(at: address))
            }
            rig.clock.advance(by: 3601)
        }
    }

    @Test func addressesOfOnePrefix_AreOne() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        try await Self.attack(secret, from: (1...300).map { "2001:db8:1::\(String($0, radix: 16))" }, rig)
        #expect(try await rig.guessRows() == 1)
        #expect(try await rig.secret(of: "d1", from: Self.device).gates == .open)
        #expect(try await rig.secret(of: "d1", from: "2001:db8:2::1").gates == .open)
    }

    @Test func sourcesBeyondSixteen_ShareOneRow() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        for number in 0..<300 {
            try await rig.secrets.countWrongGuess(at: secret, by: .stranger(at: Self.network(number)))
        }
        #expect(try await rig.guessRows() == 17, "sixteen sources, and one row for all others")
        #expect(try await rig.secret(of: "d1", from: Self.device).gates.plain != .open)
    }

    @Test func strongSecret_HasOneRow_HoweverManyGuess() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret("LABELTEXTLABELTEXTLABELTEXT")
        for number in 0..<300 {
            try await rig.guess(secret, from: Self.network(number), atMost: 10)
            rig.clock.advance(by: 60)
        }
        #expect(try await rig.guessRows() == 0)
        let rows = try await rig.journal.store.read { db in
            try db.value("SELECT count(*) FROM guess", as: Int.self)
        }
        #expect(rows == 1)
        #expect(try await rig.journal.alarms(all: false, before: nil, limit: 9).map(\.subject) == ["d1"])
    }

    @Test func fullTable_LetsNoSingleAddressCloseADevice() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        try await Self.fill(rig)
        try await Self.attack(secret, from: ["203.0.113.66"], rig)
        #expect(try await rig.secret(of: "d1", from: Self.device).gates == .open)
        for number in 0..<30 {
            try await rig.secrets.countWrongGuess(at: secret, by: .stranger(at: Self.network(number)))
        }
        #expect(try await rig.guessRows(of: "d1") == 3, "two sources, and one row for all others")
    }

    @Test func sharedRow_IsMetOnlyWhileTheTableIsFull() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        try await Self.fill(rig)
        for number in 0..<2 {
            try await rig.secrets.countWrongGuess(at: secret, by: .stranger(at: Self.network(number)))
        }
        rig.clock.advance(by: 60)
        try await rig.guess(secret, from: "203.0.113.66", atMost: 10)
        #expect(try await rig.secret(of: "d1", from: Self.device).gates.plain == .backOff(seconds: 60))
        try await rig.journal.store.write { db in
            try db.run("DELETE FROM guess_address WHERE device_id <> 'd1'")
        }
        #expect(try await rig.secret(of: "d1", from: Self.device).gates.plain == .open)
    }

    @Test func oldRowsWithoutFailedPairings_MakeRoom() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        try await Self.fill(rig, failures: 0, age: 86_400)
        for number in 0..<9 {
            try await rig.secrets.countWrongGuess(at: secret, by: .stranger(at: Self.network(number)))
        }
        #expect(try await rig.guessRows(of: "d1") == 9)
        try await rig.secrets.removeIdleGuesses()
        #expect(try await rig.guessRows() == 9)
    }

    /// What is fresh stays, and what is old goes, but not because the clock was set; a row that a clock wrote which was
    /// ahead begins when it is right. The alarm stands until the secret is used or gone.
    @Test func idleRows_Go_AndTheAlarmStays() async throws {
        let rig = try await SecretsRig()
        var new = NewSecret(deviceID: "d1", value: Array("123456".utf8), validUntil: rig.clock.now + 365 * 86_400)
        new.pairing = .hmac
        try await rig.register(new)
        let secret = try await #require(try rig.secret(of: "d1").secret)
        try await rig.guess(secret, from: "203.0.113.66", atMost: 10)
        rig.clock.advance(by: 86_399)
        try await rig.secrets.removeIdleGuesses()
        #expect(try await rig.guessRows() == 1)
        rig.clock.advance(by: 1)
        try await rig.secrets.removeIdleGuesses()
        #expect(try await rig.guessRows() == 0)
        rig.clock.jump(by: 20 * 86_400)
        _ = try await rig.journal.lookAtClock()
        try await rig.guess(secret, from: "203.0.113.66", atMost: 1)
        rig.clock.jump(by: 20 * 86_400)
        _ = try await rig.journal.lookAtClock()
        try await rig.secrets.removeIdleGuesses()
        #expect(try await rig.guessRows() == 1)
        rig.clock.jump(by: -40 * 86_400)
        _ = try await rig.journal.lookAtClock()
        rig.clock.advance(by: 86_400)
        try await rig.secrets.removeIdleGuesses()
        #expect(try await rig.guessRows() == 0)
        try await rig.secrets.clearEndedLocks()
        try await rig.journal.sweepAlarms()
        #expect(try await Self.locked(rig) == ["d1"])
        try await rig.secrets.removeSecret(of: "d1", by: .hub)
        try await rig.secrets.clearEndedLocks()
        try await rig.journal.sweepAlarms()
        #expect(try await Self.locked(rig).isEmpty)
    }

    /// What operators see: what holds for all, and how many are locked out for themselves.
    @Test func listing_TellsOfLocksForAll_AndOfLockedAddresses() async throws {
        let rig = try await SecretsRig()
        _ = try await rig.addGuessedSecret()
        func fail(_ address: String) async throws {
            for _ in 0..<25 {
                _ = try await rig.secrets.countPairingAttempt("d1", by: .stranger(at: address))
                rig.clock.advance(by: 3601)
            }
        }
        try await fail("203.0.113.66")
        var listing = try #require(try await rig.secrets.secrets(after: "", limit: 9).first)
        #expect(listing.lockedUntil == nil)
        #expect(listing.lockedAddresses == 1)
        let alarm = try #require(try await rig.journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(
            alarm.detail == """
                20 failed pairings, the last ones from 203.0.113.66; 1 address locked out, others are heard; oob unlock d1
                """)
        try await fail("203.0.113.67")
        listing = try await rig.secrets.secret(listing: "d1")
        #expect(listing.lockedUntil.map(RFC3339.text) == "9999-12-31T23:59:59Z")
        #expect(listing.lockedAddresses == 2)
        try await rig.secrets.unlock("d1", by: .hub)
        listing = try await rig.secrets.secret(listing: "d1")
        #expect(listing.lockedUntil == nil)
        #expect(listing.lockedAddresses == 0)
    }

    @Test func secretReplacedByAnImport_HasNoGuesses() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        try await rig.guess(secret, from: Self.device, atMost: 10)
        let job = try await SecretImport(
            into: rig.secrets, for: rig.holders, options: ImportOptions(source: "test"),
            folder: rig.folder.path)
        try await job.feed(Array("deviceID,secret\nd1,654321\n".utf8))
        _ = try await job.finish(by: .hub)
        #expect(try await rig.guessRows() == 0)
        #expect(try await rig.secret(of: "d1", from: Self.device).gates == .open)
    }
}
