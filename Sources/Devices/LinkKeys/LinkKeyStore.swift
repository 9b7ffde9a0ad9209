internal import Store

/// A link key with its secret as it is kept.
struct SealedLinkKey: Sendable {
    let key: LinkKey
    let sealed: [UInt8]
}

/// SQL of the table `link_key`.
enum LinkKeyStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0031-link-key") { db in
            try db.script(
                """
                CREATE TABLE link_key (
                    key TEXT PRIMARY KEY, product TEXT, device_id TEXT REFERENCES device (id) ON DELETE CASCADE,
                    secret BLOB NOT NULL, name TEXT NOT NULL, requires_approval INTEGER NOT NULL,
                    created_at INTEGER NOT NULL, created_by TEXT NOT NULL, revoked_at INTEGER,
                    last_used_at INTEGER) STRICT, WITHOUT ROWID;
                CREATE INDEX link_key_device ON link_key (device_id) WHERE device_id IS NOT NULL;
                CREATE INDEX link_key_product ON link_key (product) WHERE product IS NOT NULL;
                CREATE TABLE link_identity (
                    device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE, product TEXT NOT NULL,
                    key TEXT NOT NULL, created_at INTEGER NOT NULL, connected_at INTEGER) STRICT, WITHOUT ROWID;
                """)
        }
    }

    private static let columns = """
        key, product, device_id, name, requires_approval, created_at, created_by, revoked_at, last_used_at
        """

    static func find(_ key: String, in db: Database) throws -> SealedLinkKey? {
        try db.first("SELECT \(columns), secret FROM link_key WHERE key = ?", [key]) { row in
            Self.key(row).map { SealedLinkKey(key: $0, sealed: row[9]) }
        }
    }

    /// Keys between two texts, the first of which may be one itself; two keys at most.
    static func keys(from start: String, before end: String, in db: Database) throws -> [LinkKey] {
        try db.all(
            "SELECT \(columns) FROM link_key WHERE key >= ? AND key < ? ORDER BY key LIMIT 2", [start, end], read: key)
    }

    /// Keys in their order, after one.
    static func page(after: String, limit: Int, in db: Database) throws -> [LinkKey] {
        try db.all(
            "SELECT \(columns) FROM link_key WHERE key > ? ORDER BY key LIMIT ?", [after, limit], read: key)
    }

    static func insert(_ key: LinkKey, sealed: [UInt8], in db: Database) throws {
        let (product, device): (String?, String?) =
            switch key.owner {
            case .product(let product): (product, nil)
            case .device(let id): (nil, id)
            }
        try db.run(
            """
            INSERT INTO link_key (key, product, device_id, secret, name, requires_approval, created_at, created_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                key.key, product, device, sealed, key.name, key.requiresApproval ? 1 : 0, key.createdAt,
                key.createdBy,
            ])
    }

    /// How many valid keys an owner has.
    static func count(of owner: LinkKeyOwner, in db: Database) throws -> Int {
        let (column, value) =
            switch owner {
            case .product(let product): ("product", product)
            case .device(let id): ("device_id", id)
            }
        return try db.value(
            "SELECT count(*) FROM link_key WHERE \(column) = ? AND revoked_at IS NULL", [value], as: Int.self) ?? 0
    }

    /// - Returns: whether it was valid until now.
    static func revoke(_ key: String, at seconds: Int64, in db: Database) throws -> Bool {
        try db.run("UPDATE link_key SET revoked_at = ? WHERE key = ? AND revoked_at IS NULL", [seconds, key]) > 0
    }

    static func revokeAll(of deviceID: String, at seconds: Int64, in db: Database) throws {
        try db.run(
            "UPDATE link_key SET revoked_at = ? WHERE device_id = ? AND revoked_at IS NULL", [seconds, deviceID])
    }

    static func touch(_ key: String, at seconds: Int64, in db: Database) throws {
        try db.run("UPDATE link_key SET last_used_at = ? WHERE key = ?", [seconds, key])
    }

    /// Forgets keys that were revoked long ago.
    static func remove(revokedBefore moment: Int64, in db: Database) throws {
        try db.run("DELETE FROM link_key WHERE revoked_at < ?", [moment])
    }

    static func hasAny(in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM link_key)", as: Bool.self) ?? true
    }

    /// Nothing happened later than now: the clock was set back.
    static func settle(at now: Int64, in db: Database) throws {
        for column in ["created_at", "revoked_at", "last_used_at"] {
            try db.run("UPDATE link_key SET \(column) = ?1 WHERE \(column) > ?1", [.integer(now)])
        }
        for column in ["created_at", "connected_at"] {
            try db.run("UPDATE link_identity SET \(column) = ?1 WHERE \(column) > ?1", [.integer(now)])
        }
    }

    private static func key(_ row: borrowing SQLColumns) -> LinkKey? {
        let owner: LinkKeyOwner
        if let product = row.optionalString(1) {
            owner = .product(product)
        } else if let id = row.optionalString(2) {
            owner = .device(id)
        } else {
            return nil
        }
        return LinkKey(
            key: row[0], owner: owner, name: row[3], requiresApproval: row.integer(4) != 0, createdAt: row[5],
            createdBy: row[6], revokedAt: row[7], lastUsedAt: row[8])
    }
}

/// SQL of the table `link_identity`; ``LinkKeyStore`` has its migration.
enum LinkIdentityStore {
    static func find(_ deviceID: String, in db: Database) throws -> LinkIdentity? {
        try db.first(
            "SELECT device_id, product, key, created_at, connected_at FROM link_identity WHERE device_id = ?",
            [deviceID]
        ) { row in
            LinkIdentity(deviceID: row[0], product: row[1], key: row[2], createdAt: row[3], connectedAt: row[4])
        }
    }

    static func insert(_ identity: LinkIdentity, in db: Database) throws {
        try db.run(
            "INSERT INTO link_identity VALUES (?, ?, ?, ?, ?)",
            [identity.deviceID, identity.product, identity.key, identity.createdAt, identity.connectedAt])
    }

    /// A device was let in; one that has no tie is passed over.
    static func setConnected(_ deviceID: String, with key: String, at seconds: Int64, in db: Database) throws {
        try db.run(
            "UPDATE link_identity SET connected_at = ?, key = ? WHERE device_id = ?", [seconds, key, deviceID])
    }
}
