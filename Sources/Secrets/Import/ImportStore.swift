internal import Store

/// SQL of imports: the table `unfinished_import`, and rows of `secret` as members of a batch.
enum ImportStore {
    /// Registers an import as unfinished; its number is that of its batch.
    static func begin(source: String, at moment: Int64, in db: Database) throws -> Int64 {
        let number: Int64? = try db.value(
            "INSERT INTO unfinished_import (source, started_at) VALUES (?, ?) RETURNING id", [source, moment])
        guard let number else { throw StoreError.writeWithoutValue }
        return number
    }

    /// Numbers of the imports that are unfinished.
    static func unfinished(in db: Database) throws -> [Int64] {
        try db.values("SELECT id FROM unfinished_import")
    }

    /// Drops the mark of an import: what is left of its batch is visible from here on.
    static func end(_ batch: Int64, in db: Database) throws {
        try db.run("DELETE FROM unfinished_import WHERE id = ?", [.integer(batch)])
    }

    /// Removes up to `limit` rows of a batch in the order of the table, those after one device ID.
    ///
    /// - Returns: the ID of the last row removed; `nil` when there was none.
    static func removeRows(ofBatch batch: Int64, after: String, limit: Int, in db: Database) throws -> String? {
        let ids = try db.values(
            "SELECT device_id FROM secret WHERE device_id > ? AND batch = ? ORDER BY device_id LIMIT ?",
            [after, batch, limit], as: String.self)
        guard let last = ids.last else { return nil }
        try db.run(
            "DELETE FROM secret WHERE batch = ? AND device_id > ? AND device_id <= ?",
            [.integer(batch), .string(after), .string(last)])
        return last
    }

    /// The current secret of a device, whatever the batch of an unfinished import holds.
    static func current(_ deviceID: String, besides batch: Int64, in db: Database) throws -> CurrentSecret? {
        try db.first(
            """
            SELECT sealed, valid_until FROM secret WHERE device_id = ? AND batch <> ? AND \(SecretStore.visible)
            ORDER BY batch DESC LIMIT 1
            """, [.string(deviceID), .integer(batch)]
        ) { CurrentSecret(sealed: $0.bytes(0), validUntil: $0.integer(1)) }
    }

    /// Whether a batch holds a row of a device.
    static func holds(_ deviceID: String, batch: Int64, in db: Database) throws -> Bool {
        try db.first(
            "SELECT EXISTS (SELECT 1 FROM secret WHERE device_id = ? AND batch = ?)",
            [.string(deviceID), .integer(batch)]
        ) { $0.integer(0) != 0 } ?? false
    }
}

/// A registered secret as far as an import compares it.
struct CurrentSecret {
    let sealed: [UInt8]
    let validUntil: Int64
}

/// Inserts rows into `secret`.
struct RowInserter {
    private let statement: RepeatedStatement

    /// - Parameter sparing: SQL condition on the device `?1` that is left out.
    init(_ db: Database, sparing: String?) throws {
        let condition = sparing.map { "NOT \($0)" } ?? "true"
        statement = try db.repeated(
            """
            INSERT INTO secret (device_id, batch, sealed, valid_until, ou, device_type, pairing, tags, note)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE \(condition) ON CONFLICT DO NOTHING
            """)
    }

    /// Inserts a row; false when the device is in the batch already or is spared.
    ///
    /// - Throws: `StoreError`, so that a full disk is told from a row that was left out.
    func insert(_ secret: StagedSecret, sealed: [UInt8], batch: Int64) throws -> Bool {
        statement.bind(1, text: secret.deviceID)
        statement.bind(2, integer: batch)
        statement.bind(3, bytes: sealed)
        statement.bind(4, integer: secret.validUntil)
        if let extra = secret.extra {
            for (place, value) in [extra.ou, extra.deviceType, extra.pairing, extra.tags, extra.note].enumerated() {
                if let value { statement.bind(Int32(5 + place), text: Array(value.utf8)[...]) }
            }
        }
        // Parameters that a plain row does not set stay NULL.
        defer { if secret.extra != nil { statement.clear() } }
        return try statement.run() > 0
    }
}
