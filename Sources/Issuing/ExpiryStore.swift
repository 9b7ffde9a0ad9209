internal import GRDB

/// A device's certificate that is about to end.
struct ExpiringCertificate: Sendable {
    let deviceID: String
    let serial: String
    let notAfter: Int64
}

/// SQL of the table `expiring`: the serials whose end was told, so that each is told once.
enum ExpiryStore {
    static func addMigrations(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("issuing-0002-expiring") { db in
            try db.execute(
                sql: """
                    CREATE TABLE expiring (serial TEXT PRIMARY KEY, device_id TEXT NOT NULL) STRICT, WITHOUT ROWID
                    """)
        }
    }

    /// Newest certificates of devices that have less than a third of their life left, and less than `longest` seconds.
    ///
    /// - Parameters:
    ///   - untold: leaves out those that were told.
    ///   - device: looks at this one only, by its key; without it at all of them, one by one.
    static func find(
        at: Int64, longest: Int64, untold: Bool, device: String? = nil, limit: Int, in db: Database
    ) throws -> [ExpiringCertificate] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT d.id, c.serial, c.not_after FROM device d JOIN certificate c ON c.serial = d.serial
                WHERE d.state = 'approved' AND d.not_after <= ?1 + ?2 \(device == nil ? "" : "AND d.id = ?3")
                    AND c.revoked_at IS NULL AND c.not_after - ?1 <= (c.not_after - c.not_before) / 3
                    AND NOT (?4 AND EXISTS (SELECT 1 FROM expiring e WHERE e.serial = c.serial))
                ORDER BY c.not_after LIMIT ?5
                """, arguments: [at, longest, device, untold, limit]
        ).map { row in ExpiringCertificate(deviceID: row[0], serial: row[1], notAfter: row[2]) }
    }

    /// Notes that a serial's end was told; false when it had been.
    static func note(_ certificate: ExpiringCertificate, in db: Database) throws -> Bool {
        try db.execute(
            sql: "INSERT OR IGNORE INTO expiring VALUES (?, ?)",
            arguments: [certificate.serial, certificate.deviceID])
        return db.changesCount > 0
    }

    /// Forgets what was told of a device.
    static func forget(device: String, in db: Database) throws {
        try db.execute(sql: "DELETE FROM expiring WHERE device_id = ?", arguments: [device])
    }

    /// Forgets serials that are no device's newest any more.
    static func forgetOthers(in db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM expiring WHERE NOT EXISTS (
                    SELECT 1 FROM device d WHERE d.id = expiring.device_id AND d.serial = expiring.serial)
                """)
    }
}
