internal import Foundation
package import PKI
internal import Store

/// SQL of the table `secret`; ``ImportStore`` has that of imports.
///
/// A secret row belongs to a batch: 0 for one posted alone, else the number of its import. Rows of a batch that is
/// still listed in `unfinished_import` are invisible, so an import of a million rows becomes visible in one small
/// transaction (docs/decisions: import by invisible batches).
enum SecretStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0003-secret") { db in
            try db.script(
                """
                CREATE TABLE secret (
                    device_id TEXT NOT NULL, batch INTEGER NOT NULL, sealed BLOB NOT NULL, valid_until INTEGER NOT NULL,
                    ou TEXT, device_type TEXT, pairing TEXT, tags TEXT, note TEXT,
                    spent_key TEXT, spent_start INTEGER,
                    PRIMARY KEY (device_id, batch)) STRICT, WITHOUT ROWID;
                CREATE TABLE unfinished_import (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, started_at INTEGER NOT NULL) STRICT;
                CREATE TABLE guess (
                    device_id TEXT PRIMARY KEY, wrong INTEGER NOT NULL, locks INTEGER NOT NULL,
                    locked_until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                """)
        }
    }

    /// What docs/protocols/secure-pairing.md section 7 counts beside the locks of docs/protocols/idprov.md section 7.
    static func addPairingMigration(to migrator: inout MigrationList) {
        migrator.register("registry-0006-pairing") { db in
            try db.script(
                """
                ALTER TABLE guess ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE guess ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE guess ADD COLUMN has_paired INTEGER NOT NULL DEFAULT 0;
                """)
        }
    }

    /// Exchanges a secret's form at rest; false when it was used or replaced since it was read.
    static func replaceSealed(_ secret: OOBSecret, with sealed: [UInt8], in db: Database) throws -> Bool {
        try db.run(
            "UPDATE secret SET sealed = ? WHERE device_id = ? AND batch = ? AND sealed = ?",
            [sealed, secret.deviceID, secret.batch, secret.sealed]) > 0
    }

    /// Condition under which a row is visible.
    static let visible = "NOT EXISTS (SELECT 1 FROM unfinished_import u WHERE u.id = batch)"

    /// The current row of a device: the newest visible one.
    ///
    /// - Parameter start: number of this run of the hub. A secret that was used during another run is still valid, for
    ///   the key it was used with: the hub may have stopped between storing the certificate and answering.
    static func find(_ deviceID: String, start: Int64, in db: Database) throws -> SealedSecret? {
        try db.first(findSQL, [.string(deviceID), .integer(start)]) { columns in
            SealedSecret(
                batch: columns.integer(0), sealed: columns.bytes(1), validUntil: columns.integer(2),
                ou: columns.optionalString(3), deviceType: columns.optionalString(4),
                pairing: columns.optionalString(5), boundKey: columns.optionalString(6),
                hasGuesses: columns.integer(7) != 0)
        }
    }

    private static let findSQL = """
        SELECT batch, sealed, valid_until, ou, device_type, pairing, spent_key,
            EXISTS (SELECT 1 FROM guess g WHERE g.device_id = s.device_id)
        FROM secret s WHERE device_id = ? AND \(visible) AND (spent_start IS NULL OR spent_start <> ?)
        ORDER BY batch DESC LIMIT 1
        """

    /// Current rows, in the order of device IDs: those after one ID, or the one of exactly that ID.
    static func page(after: String, limit: Int, equalTo: String? = nil, in db: Database) throws -> [ListedSecretRow] {
        try db.all(
            """
            SELECT device_id, sealed, valid_until, ou, device_type, pairing, tags, note,
                EXISTS (SELECT 1 FROM guess g WHERE g.device_id = s.device_id) AS has_guesses
            FROM secret s WHERE device_id > ?1 AND (?3 IS NULL OR device_id = ?3) AND spent_start IS NULL AND \(visible)
                AND batch = (SELECT max(batch) FROM secret n WHERE n.device_id = s.device_id
                    AND NOT EXISTS (SELECT 1 FROM unfinished_import u WHERE u.id = n.batch))
            ORDER BY device_id LIMIT ?2
            """, [after, limit, equalTo]
        ) { row in
            ListedSecretRow(
                deviceID: row[0], sealed: row[1], validUntil: row[2], ou: row[3], deviceType: row[4], pairing: row[5],
                tags: row[6], note: row[7], hasGuesses: row[8])
        }
    }

    /// IDs of devices with a current registration, in their order, after one.
    static func ids(after: String, limit: Int, in db: Database) throws -> [String] {
        try db.values(
            """
            SELECT DISTINCT device_id FROM secret WHERE device_id > ? AND spent_start IS NULL AND \(visible)
            ORDER BY device_id LIMIT ?
            """, [after, limit], as: String.self)
    }

    /// Takes away every visible registration of a device and its count of guesses; answers how many there were.
    @discardableResult
    static func remove(_ deviceID: String, in db: Database) throws -> Int {
        let removed = try db.run(removeSQL, [.string(deviceID)])
        try GuessStore.remove(deviceID, in: db)
        return removed
    }

    private static let removeSQL = "DELETE FROM secret WHERE device_id = ? AND \(visible)"

    /// Marks every registration of a device as used with a key, also one that an import is about to make visible: it
    /// was meant for the device before it had its certificate. Answers how many there were.
    static func spend(_ deviceID: String, key: String, start: Int64, in db: Database) throws -> Int {
        try db.run(
            "UPDATE secret SET spent_key = ?, spent_start = ? WHERE device_id = ?",
            [.string(key), .integer(start), .string(deviceID)])
    }

    static func insert(_ secret: NewSecret, sealed: [UInt8], in db: Database) throws {
        try db.run(
            """
            INSERT INTO secret (device_id, batch, sealed, valid_until, ou, device_type, pairing, tags, note)
            VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .string(secret.deviceID), .bytes(sealed), .integer(secret.validUntil), .string(orNull: secret.ou),
                .string(orNull: secret.deviceType), .string(orNull: secret.pairing?.rawValue),
                .string(orNull: secret.tags), .string(orNull: secret.note),
            ])
    }

    /// Devices with a current registration.
    static func count(in db: Database) throws -> Int {
        try db.value(
            """
            SELECT count(*) FROM (
                SELECT DISTINCT device_id FROM secret
                WHERE spent_start IS NULL AND batch NOT IN (SELECT id FROM unfinished_import)) AS known
            """, as: Int.self) ?? 0
    }

    /// Removes up to `limit` registrations whose time is over; answers how many.
    ///
    /// Also deletes the registrations it superseded, or they would become current again.
    static func removeExpired(now: Int64, limit: Int, in db: Database) throws -> Int {
        let expired = try db.all(
            "SELECT device_id, batch FROM secret WHERE valid_until < ? AND \(visible) LIMIT ?", [now, limit]
        ) { row in (row[0] as String, row[1] as Int64) }
        for (deviceID, batch) in expired {
            try db.run("DELETE FROM secret WHERE device_id = ? AND batch <= ? AND \(visible)", [deviceID, batch])
            // Counts end with the last secret they are about, so that there are never more than secrets.
            if try !hasAny(deviceID, in: db) { try GuessStore.remove(deviceID, in: db) }
        }
        return expired.count
    }

    static func removeAll(in db: Database) throws {
        try db.script("DELETE FROM secret; DELETE FROM guess; DELETE FROM guess_address")
    }

    static func hasAny(in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM secret)", as: Bool.self) ?? true
    }

    private static func hasAny(_ deviceID: String, in db: Database) throws -> Bool {
        try db.first("SELECT EXISTS (SELECT 1 FROM secret WHERE device_id = ?)", [.string(deviceID)]) {
            $0.integer(0) != 0
        } ?? false
    }
}

/// A row of the table `secret` as far as a listing shows it.
struct ListedSecretRow {
    let deviceID: String
    let sealed: [UInt8]
    let validUntil: Int64
    let ou: String?
    let deviceType: String?
    let pairing: String?
    let tags: String?
    let note: String?
    let hasGuesses: Bool
}

/// A row of the table `secret` as far as a proof needs it.
struct SealedSecret {
    let batch: Int64
    let sealed: [UInt8]
    let validUntil: Int64
    let ou: String?
    let deviceType: String?
    let pairing: String?
    let boundKey: String?
    /// Whether somebody has guessed at it: else there is nothing to look up or to forget.
    let hasGuesses: Bool
}

/// A secret to be registered.
package struct NewSecret: Sendable {
    /// Device it belongs to.
    package var deviceID: String
    /// The secret; any bytes of UTF-8.
    package var value: [UInt8]
    /// A pairing record instead of the secret.
    package var record: PairingRecord?
    /// Last second of its life, Unix seconds.
    package var validUntil: Int64
    /// Role, `nil` for `iotdevice`.
    package var ou: String?
    package var deviceType: String?
    /// How it may be proved, `nil` for `any`.
    package var pairing: Pairing?
    /// `key=value;…`.
    package var tags: String?
    /// Free text.
    package var note: String?

    /// A secret with the defaults of docs/manual.md, "Secrets".
    package init(deviceID: String, value: [UInt8], validUntil: Int64) {
        self.deviceID = deviceID
        self.value = value
        self.validUntil = validUntil
    }
}
