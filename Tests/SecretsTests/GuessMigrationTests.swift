import Foundation
internal import Journal
internal import JournalTestSupport
import PKI
internal import Secrets
import Store
import Testing

/// Stores of older hubs, which knew no sources: what was locked stays locked, and can be unlocked.
@Suite struct GuessMigrationTests {
    private static let now: Int64 = 1_900_000_000

    private struct Rooms {
        let journal: Journal
        let secrets: Secrets

        init(_ path: String, _ key: SealingKey, now: @escaping @Sendable () -> Int64) throws {
            let store = try Store(path: path, sealingKey: key, migrations: [GuessMigrationTests.addMigrations])
            journal = Journal(store: store, now: now)
            secrets = Secrets(journal: journal)
        }
    }

    private static func addMigrations(to migrations: inout MigrationList) {
        RoomRig<Secrets>.add([Secrets.addMigrations], to: &migrations)
    }

    /// A store as it was before the migration that tells sources apart: `d20` failed twenty pairings, `d3` was locked
    /// three times by plain guesses and has four more, `d0` was never guessed at.
    private static func older(
        _ folder: TemporaryFolder, _ key: SealingKey, upTo migration: String
    ) async throws -> String {
        let sealer = try Rooms(folder.path + "/sealer.db", key) { now }
        let path = folder.path + "/older.db"
        let store = try Store(path: path, sealingKey: key, migrations: [addMigrations], upTo: migration)
        try await store.write { db in
            for deviceID in ["d0", "d3", "d20"] {
                try db.run(
                    "INSERT INTO secret (device_id, batch, sealed, valid_until) VALUES (?, 0, ?, ?)",
                    [
                        deviceID, sealer.secrets.seal(Array("123456".utf8), deviceID: deviceID),
                        now + 365 * 86_400,
                    ])
            }
            try db.run(
                """
                INSERT INTO guess (device_id, wrong, locks, locked_until, failures, next_at, has_paired)
                    VALUES ('d20', 0, 0, 0, 20, ?1, 1), ('d3', 4, 3, ?1 + 240, 0, 0, 0);
                """, [now])
        }
        try store.close()
        return path
    }

    private static func gates(_ rooms: Rooms, _ deviceID: String, from address: String) async throws -> GuessGates? {
        try await rooms.journal.store.lookUp { db in
            try rooms.secrets.secret(of: deviceID, from: address, in: db)?.gates
        }
    }

    @Test(arguments: ["registry-0006-webhook", "registry-0020-audit-base"])
    func whatWasLocked_StaysLocked_UntilItIsUnlocked(_ migration: String) async throws {
        let (folder, key, clock) = (try TemporaryFolder(), SealingKey.random(), ManualClock(at: Self.now))
        let path = try await Self.older(folder, key, upTo: migration)
        let rooms = try Rooms(path, key) { clock.now }
        for address in ["192.0.2.7", "fe80::7"] {
            #expect(try await Self.gates(rooms, "d0", from: address) == .open)
            #expect(try await Self.gates(rooms, "d20", from: address)?.pairing == .locked)
            #expect(try await Self.gates(rooms, "d20", from: address)?.plain == .locked)
            #expect(try await Self.gates(rooms, "d3", from: address)?.plain == .backOff(seconds: 240))
            #expect(try await rooms.secrets.pairingGate("d3", from: address) == .open)
        }
        #expect(try await rooms.secrets.secret(listing: "d20").lockedUntil == 253_402_300_799)
        #expect(try await rooms.secrets.secret(listing: "d3").lockedUntil == Self.now + 240)
        // Alarms about them stand.
        try await rooms.journal.store.write { db in
            for deviceID in ["d0", "d3", "d20"] { try rooms.journal.raiseAlarm(.secretLocked, deviceID, in: db) }
        }
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await rooms.journal.alarms(all: false, before: nil, limit: 9).map(\.subject) == ["d20", "d3"])
        try await rooms.secrets.removeIdleGuesses()
        for deviceID in ["d20", "d3"] {
            try await rooms.secrets.unlock(deviceID, by: .hub)
            #expect(try await Self.gates(rooms, deviceID, from: "192.0.2.7") == .open)
            await #expect(throws: SecretsError.unknownSecret(deviceID)) {
                try await rooms.secrets.unlock(deviceID, by: .hub)
            }
        }
        #expect(try await rooms.journal.alarms(all: false, before: nil, limit: 9).isEmpty)
    }

    /// What was counted before is no second source beside the first that guesses.
    @Test func oneAddress_LocksItselfOnly_AfterTheMigration() async throws {
        let (folder, key, clock) = (try TemporaryFolder(), SealingKey.random(), ManualClock(at: Self.now))
        let path = try await Self.older(folder, key, upTo: "registry-0020-audit-base")
        let rooms = try Rooms(path, key) { clock.now }
        clock.advance(by: 240)
        let secret = try #require(
            try await rooms.journal.store.lookUp { db in try rooms.secrets.secret(of: "d3", in: db) })
        for _ in 0..<10 {
            try await rooms.secrets.countWrongGuess(
                at: secret, by: Requester(name: "anonymous", address: "203.0.113.66"))
        }
        #expect(try await Self.gates(rooms, "d3", from: "203.0.113.66")?.plain == .backOff(seconds: 60))
        #expect(try await Self.gates(rooms, "d3", from: "192.0.2.7") == .open)
    }
}
