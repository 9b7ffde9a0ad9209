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

    /// Whether a serial's end was told.
    static func isTold(_ serial: String, in db: Database) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM expiring WHERE serial = ?)"), arguments: [serial])
            ?? false
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

    /// What was told: serials by the devices whose they were.
    static func told(in db: Database) throws -> [(deviceID: String, serial: String)] {
        try Row.fetchAll(db, sql: "SELECT device_id, serial FROM expiring").map { ($0[0], $0[1]) }
    }

    /// Forgets that a serial's end was told.
    static func forget(serial: String, in db: Database) throws {
        try db.execute(sql: "DELETE FROM expiring WHERE serial = ?", arguments: [serial])
    }
}
