internal import GRDB
internal import Store

/// SQL of the tables `guess` and `guess_address`.
///
/// `guess_address` has what each address guessed at a device. `guess` has one row for each device that was guessed at: what all addresses but the one
/// that guessed most add up to, and the pauses that come of it.
enum GuessStore {
    /// Addresses that are told apart at one device, and in all; further ones share one count at each device.
    static let addressesPerDevice = 16
    static let addressesInAll = 16_384
    /// Stands for all further addresses of a device. No address is empty.
    private static let further = ""
    /// Stands for whoever guessed before addresses were told apart. No address looks like it.
    private static let earlier = "earlier"

    static func addAddressMigration(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("registry-0021-guess-address") { db in
            try db.execute(
                sql: """
                    CREATE TABLE guess_address (
                        device_id TEXT NOT NULL, address TEXT NOT NULL, guesses INTEGER NOT NULL, locked_until INTEGER NOT NULL,
                        failures INTEGER NOT NULL, next_at INTEGER NOT NULL, has_paired INTEGER NOT NULL,
                        PRIMARY KEY (device_id, address)) STRICT, WITHOUT ROWID;
                    INSERT INTO guess_address
                        SELECT device_id, '\(earlier)', wrong + 10 * locks, locked_until, failures, next_at, has_paired FROM guess;
                    UPDATE guess SET wrong = 0, locks = 0;
                    """)
        }
    }

    /// What is counted at a device, as an address meets it.
    static func counts(_ deviceID: String, _ address: String, in db: Database) throws -> GuessCounts {
        let own = try find(deviceID, address, in: db) ?? find(deviceID, further, in: db)
        return GuessCounts(own: own ?? GuessCount(), others: try others(deviceID, in: db))
    }

    /// The count an address has a part in, and under which name it is kept.
    static func own(
        _ deviceID: String, _ address: String, in db: Database
    ) throws -> (name: String, count: GuessCount) {
        if let count = try find(deviceID, address, in: db) { return (address, count) }
        if let count = try find(deviceID, further, in: db) { return (further, count) }
        return (try hasPlace(deviceID, in: db) ? address : further, GuessCount())
    }

    static func others(_ deviceID: String, in db: Database) throws -> GuessCount {
        try db.first(
            "SELECT wrong, locked_until, failures, next_at, has_paired FROM guess WHERE device_id = ?",
            [.string(deviceID)], read: count) ?? GuessCount()
    }

    private static func find(_ deviceID: String, _ address: String, in db: Database) throws -> GuessCount? {
        try db.first(
            """
            SELECT guesses, locked_until, failures, next_at, has_paired FROM guess_address WHERE device_id = ? AND address = ?
            """, [.string(deviceID), .string(address)], read: count)
    }

    private static func hasPlace(_ deviceID: String, in db: Database) throws -> Bool {
        let here = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM guess_address WHERE device_id = ?"), arguments: [deviceID])
        guard here ?? 0 < addressesPerDevice else { return false }
        let all = try Int.fetchOne(db.cachedStatement(sql: "SELECT count(*) FROM guess_address"))
        return all ?? 0 < addressesInAll
    }

    static func save(_ count: GuessCount, _ deviceID: String, _ address: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO guess_address (device_id, address, guesses, locked_until, failures, next_at, has_paired)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (device_id, address) DO UPDATE SET guesses = ?3, locked_until = ?4, failures = ?5, next_at = ?6,
                has_paired = ?7
            """,
            [
                .string(deviceID), .string(address), .integer(count.guesses), .integer(count.lockedUntil),
                .integer(count.failures), .integer(count.nextAt), .integer(count.hasPaired ? 1 : 0),
            ])
    }

    static func save(others count: GuessCount, _ deviceID: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO guess (device_id, wrong, locks, locked_until, failures, next_at, has_paired)
            VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6)
            ON CONFLICT (device_id) DO UPDATE SET wrong = ?2, locked_until = ?3, failures = ?4, next_at = ?5, has_paired = ?6
            """,
            [
                .string(deviceID), .integer(count.guesses), .integer(count.lockedUntil), .integer(count.failures),
                .integer(count.nextAt), .integer(count.hasPaired ? 1 : 0),
            ])
    }

    /// What all addresses of a device guessed but the one that guessed most.
    static func sums(_ deviceID: String, in db: Database) throws -> (guesses: Int64, failures: Int64) {
        try db.first(
            "SELECT sum(guesses) - max(guesses), sum(failures) - max(failures) FROM guess_address WHERE device_id = ?",
            [.string(deviceID)]
        ) { columns in (columns.optionalInteger(0) ?? 0, columns.optionalInteger(1) ?? 0) } ?? (0, 0)
    }

    /// Whether an address, or the device as a whole, was ever locked since the secret is there.
    static func hasLocked(_ deviceID: String, guesses: Int64, failures: Int64, in db: Database) throws -> Bool {
        try db.first(
            """
            SELECT EXISTS (SELECT 1 FROM guess_address WHERE device_id = ?1 AND (guesses >= ?2 OR failures >= ?3))
                OR EXISTS (SELECT 1 FROM guess WHERE device_id = ?1 AND (wrong >= ?2 OR failures >= ?3))
            """, [.string(deviceID), .integer(guesses), .integer(failures)]
        ) { $0.integer(0) != 0 } ?? false
    }

    /// Forgets a device's guesses; answers how many rows there were.
    @discardableResult
    static func remove(_ deviceID: String, in db: Database) throws -> Int {
        try db.run("DELETE FROM guess_address WHERE device_id = ?", [.string(deviceID)])
            + db.run("DELETE FROM guess WHERE device_id = ?", [.string(deviceID)])
    }

    private static func count(_ columns: borrowing SQLColumns) -> GuessCount {
        GuessCount(
            guesses: columns.integer(0), lockedUntil: columns.integer(1), failures: columns.integer(2),
            nextAt: columns.integer(3), hasPaired: columns.integer(4) != 0)
    }
}
