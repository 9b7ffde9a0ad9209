internal import Foundation
internal import Journal
internal import Store

/// SQL of the tables `identity` and `auth_set`. Whether a key counts depends on the record of its device as well, which
/// the same statement reads.
enum IdentityStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0009-identity") { db in
            try db.script(
                """
                CREATE TABLE identity (
                    id TEXT PRIMARY KEY, device_id TEXT NOT NULL UNIQUE REFERENCES device (id) ON DELETE CASCADE,
                    key BLOB NOT NULL UNIQUE, data TEXT NOT NULL, tier TEXT NOT NULL, created_at INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL, checked_in_at INTEGER) STRICT, WITHOUT ROWID;
                CREATE TABLE auth_set (
                    id TEXT PRIMARY KEY, identity_id TEXT NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
                    key_hash BLOB NOT NULL, public_key TEXT NOT NULL, status TEXT NOT NULL,
                    created_at INTEGER NOT NULL, token BLOB, token_ends_at INTEGER,
                    UNIQUE (identity_id, key_hash)) STRICT, WITHOUT ROWID;
                CREATE UNIQUE INDEX auth_set_token ON auth_set (token) WHERE token IS NOT NULL;
                CREATE INDEX auth_set_accepted ON auth_set (status) WHERE status = 'accepted';
                CREATE INDEX device_key ON device (fingerprint) WHERE serial IS NOT NULL;
                """)
        }
    }

    /// Condition on a row of `device`: the operator preauthorised a key of it.
    static let isPreauthorizedSQL = """
        EXISTS (
            SELECT 1 FROM identity JOIN auth_set ON auth_set.identity_id = identity.id
            WHERE identity.device_id = device.id AND auth_set.status = 'preauthorized')
        """

    private static let columns = "id, device_id, data, tier, created_at, updated_at, checked_in_at"

    /// The identity whose canonical data has this SHA-256.
    static func find(key: [UInt8], in db: Database) throws -> DeviceIdentity? {
        try complete(
            db.first("SELECT \(columns) FROM identity WHERE key = ?", [key]) { identity($0) },
            in: db)
    }

    /// The identity of that UUID.
    static func find(id: String, in db: Database) throws -> DeviceIdentity? {
        try complete(
            db.first("SELECT \(columns) FROM identity WHERE id = ?", [id]) { identity($0) },
            in: db)
    }

    /// The identity tied to a device's record.
    static func find(deviceID: String, in db: Database) throws -> DeviceIdentity? {
        try complete(
            db.first("SELECT \(columns) FROM identity WHERE device_id = ?", [deviceID]) { identity($0) },
            in: db)
    }

    static func insert(_ identity: DeviceIdentity, key: [UInt8], in db: Database) throws {
        try db.run(
            "INSERT INTO identity VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                identity.id, identity.deviceID, key, identity.data, identity.tier, identity.createdAt,
                identity.updatedAt, identity.checkedInAt,
            ])
    }

    static func touch(_ id: String, at seconds: Int64, in db: Database) throws {
        try db.run("UPDATE identity SET updated_at = ? WHERE id = ?", [seconds, id])
    }

    /// Ties an identity to another record.
    static func move(_ id: String, to deviceID: String, in db: Database) throws {
        try db.run("UPDATE identity SET device_id = ? WHERE id = ?", [deviceID, id])
    }

    static func remove(_ id: String, in db: Database) throws {
        try db.run("DELETE FROM identity WHERE id = ?", [id])
    }

    static func insert(_ set: AuthSet, of identityID: String, keyHash: [UInt8], in db: Database) throws {
        try db.run(
            """
            INSERT INTO auth_set (id, identity_id, key_hash, public_key, status, created_at) VALUES (?, ?, ?, ?, ?, ?)
            """, [set.id, identityID, keyHash, set.publicKey, set.status.rawValue, set.createdAt])
    }

    /// Sets the state of a key; its token ends unless the key is accepted.
    static func setStatus(_ id: String, _ status: AuthSetStatus, in db: Database) throws {
        try db.run(
            """
            UPDATE auth_set SET status = ?1, token = CASE WHEN ?1 = 'accepted' THEN token END WHERE id = ?2
            """, [status.rawValue, id])
    }

    /// Refuses every key of an identity; their tokens end.
    static func rejectSets(of identityID: String, in db: Database) throws {
        try db.run("UPDATE auth_set SET status = 'rejected', token = NULL WHERE identity_id = ?", [identityID])
    }

    static func removeSet(_ id: String, in db: Database) throws {
        try db.run("DELETE FROM auth_set WHERE id = ?", [id])
    }

    /// The identity a key belongs to.
    static func owner(ofSet id: String, in db: Database) throws -> String? {
        try db.value("SELECT identity_id FROM auth_set WHERE id = ?", [id], as: String.self)
    }

    /// Gives a key its one token, by the token's SHA-256.
    static func setToken(
        _ token: [UInt8]?, endsAt: Int64, of setID: String, identity id: String, at seconds: Int64, in db: Database
    ) throws {
        try db.run(
            "UPDATE auth_set SET token = ?, token_ends_at = ? WHERE id = ?", [token, endsAt, setID])
        guard token != nil else { return }
        try db.run("UPDATE identity SET checked_in_at = ? WHERE id = ?", [seconds, id])
    }

    /// Whose token this is, while it counts: accepted key, approved record, not ended.
    static func session(token: [UInt8], in db: Database) throws -> (session: DeviceSession, endsAt: Int64)? {
        try db.first(
            """
            SELECT identity.id, identity.device_id, auth_set.id, auth_set.token_ends_at FROM auth_set
            JOIN identity ON identity.id = auth_set.identity_id JOIN device ON device.id = identity.device_id
            WHERE auth_set.token = ? AND auth_set.token_ends_at IS NOT NULL AND auth_set.status = 'accepted'
                AND device.state = 'approved'
            """, [token]
        ) { (DeviceSession(identityID: $0[0], deviceID: $0[1], authSetID: $0[2]), $0[3]) }
    }

    /// UUID of the identity tied to a record.
    static func id(ofDevice deviceID: String, in db: Database) throws -> String? {
        try db.value("SELECT id FROM identity WHERE device_id = ?", [deviceID], as: String.self)
    }

    /// Whether a key is valid, of a record that is admitted.
    static func isAccepted(_ setID: String, of deviceID: String, in db: Database) throws -> Bool {
        try db.value(
            """
            SELECT EXISTS (SELECT 1 FROM auth_set JOIN identity ON identity.id = auth_set.identity_id
                JOIN device ON device.id = identity.device_id
                WHERE auth_set.id = ? AND auth_set.status = 'accepted' AND device.id = ?
                    AND device.state = 'approved')
            """, [setID, deviceID], as: Bool.self) ?? false
    }

    /// Records of devices with an accepted key.
    static func accepted(in db: Database) throws -> [String] {
        try db.values(
            """
            SELECT DISTINCT device.id FROM auth_set JOIN identity ON identity.id = auth_set.identity_id
            JOIN device ON device.id = identity.device_id
            WHERE auth_set.status = 'accepted' AND device.state = 'approved' ORDER BY device.id
            """, as: String.self)
    }

    /// How many keys are accepted, those of devices that are shut out among them.
    static func acceptedCount(in db: Database) throws -> Int {
        try db.value(
            "SELECT count(*) FROM auth_set WHERE status = 'accepted'", as: Int.self) ?? 0
    }

    /// Records of the devices that have these UUIDs; others are passed over.
    static func deviceIDs(ofIdentities ids: [String], in db: Database) throws -> [String] {
        let ids = ids.filter(UniqueID.isValid)
        return try db.values(
            "SELECT device_id FROM identity WHERE id IN \(SQLText.list(ids.count))", ids, isKept: false, as: String.self
        )
    }

    /// How many devices of each tier have each status: status → tier → number.
    static func statistics(in db: Database) throws -> [String: [String: Int]] {
        var counts: [String: [String: Int]] = [:]
        try db.each(
            """
            SELECT coalesce(status, '\(AuthSetStatus.withoutKeys)'), tier, count(*) FROM (
                SELECT \(InventoryStatus.sql) AS status, tier FROM identity
                JOIN device ON device.id = identity.device_id) AS standing GROUP BY 1, 2
            """
        ) { row in
            counts[row[0] as String, default: [:]][row[1] as String] = row[2]
            return true
        }
        return counts
    }

    /// How many keys wait for the operator.
    static func pendingCount(in db: Database) throws -> Int {
        try db.value("SELECT count(*) FROM auth_set WHERE status = 'pending'", as: Int.self)
            ?? 0
    }

    /// Identities in the order they came, with their keys.
    ///
    /// - Parameters:
    ///   - status: only those with one of these.
    ///   - keyless: only those without a key, or, with `status`, those as well.
    static func page(
        status: [AuthSetStatus], keyless: Bool, ids: [String], offset: Int, limit: Int, in db: Database
    ) throws -> [DeviceIdentity] {
        let condition = StandingCondition(status: status, keyless: keyless, ids: ids)
        return try db.all(
            "SELECT \(columns) FROM \(condition.sql) ORDER BY created_at, id LIMIT ? OFFSET ?",
            condition.arguments + [limit, offset], read: identity
        ).map { try complete($0, in: db) }
    }

    /// How many identities have one of these.
    static func count(status: [AuthSetStatus], keyless: Bool, in db: Database) throws -> Int {
        let condition = StandingCondition(status: status, keyless: keyless, ids: [])
        return try db.value("SELECT count(*) FROM \(condition.sql)", condition.arguments, as: Int.self) ?? 0
    }

    /// No token lasts longer than it may, seen from now: the clock was set back.
    static func settle(at now: Int64, longestToken: Int64, in db: Database) throws {
        try db.run("UPDATE auth_set SET token_ends_at = ?1 + ?2 WHERE token_ends_at > ?1 + ?2", [now, longestToken])
    }

    private static func complete(_ row: DeviceIdentity?, in db: Database) throws -> DeviceIdentity? {
        try row.map { try complete($0, in: db) }
    }

    /// Adds what other rows say of an identity.
    private static func complete(_ row: DeviceIdentity, in db: Database) throws -> DeviceIdentity {
        var identity = row
        identity.authSets = try sets(of: identity.id, in: db)
        let state = try db.value("SELECT state FROM device WHERE id = ?", [identity.deviceID], as: String.self)
        identity.isShutOut = state == DeviceState.rejected.rawValue || state == DeviceState.revoked.rawValue
        identity.isRecordWaiting = state == DeviceState.pending.rawValue
        return identity
    }

    private static func identity(_ row: borrowing SQLColumns) -> DeviceIdentity {
        DeviceIdentity(
            id: row[0], deviceID: row[1], data: row[2], tier: row[3], createdAt: row[4], updatedAt: row[5],
            checkedInAt: row[6], authSets: [])
    }

    private static func sets(of id: String, in db: Database) throws -> [AuthSet] {
        try db.all(
            """
            SELECT id, public_key, status, created_at FROM auth_set WHERE identity_id = ? ORDER BY created_at, id
            """, [id]
        ) { row in
            AuthSetStatus(rawValue: row[2]).map {
                AuthSet(id: row[0], publicKey: row[1], status: $0, createdAt: row[3])
            }
        }
    }
}

/// Chooses identities by their status.
private struct StandingCondition {
    let sql: String
    let arguments: [any SQLType]

    init(status: [AuthSetStatus], keyless: Bool, ids: [String]) {
        let standing = """
            (SELECT identity.*, \(InventoryStatus.sql) AS standing
             FROM identity JOIN device ON device.id = identity.device_id) AS known
            """
        var conditions: [String] = []
        var arguments: [any SQLType] = []
        if !status.isEmpty || keyless {
            let words = "standing IN \(SQLText.list(status.count))"
            conditions.append(keyless ? "(\(words) OR standing IS NULL)" : words)
            arguments += status.map(\.rawValue)
        }
        if !ids.isEmpty {
            let ids = ids.filter(UniqueID.isValid)
            conditions.append("id IN \(SQLText.list(ids.count))")
            arguments += ids
        }
        sql = standing + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
        self.arguments = arguments
    }
}
