internal import Store

/// A device's certificate that is about to end.
struct ExpiringCertificate: Sendable {
    let deviceID: String
    let serial: String
    let notAfter: Int64
}

/// SQL of the table `expiring`: the serials whose end was told, so that each is told once.
enum ExpiryStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("issuing-0002-expiring") { db in
            try db.script(
                """
                CREATE TABLE expiring (serial TEXT PRIMARY KEY, device_id TEXT NOT NULL) STRICT, WITHOUT ROWID
                """)
        }
    }

    /// Whether a serial's end was told.
    static func isTold(_ serial: String, in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM expiring WHERE serial = ?)", [serial], as: Bool.self)
            ?? false
    }

    /// Notes that a serial's end was told; false when it had been.
    static func note(_ certificate: ExpiringCertificate, in db: Database) throws -> Bool {
        try db.run(
            "INSERT INTO expiring VALUES (?, ?) ON CONFLICT DO NOTHING", [certificate.serial, certificate.deviceID]) > 0
    }

    /// Forgets what was told of a device.
    static func forget(device: String, in db: Database) throws {
        try db.run("DELETE FROM expiring WHERE device_id = ?", [device])
    }

    /// What was told: serials by the devices whose they were.
    static func told(in db: Database) throws -> [(deviceID: String, serial: String)] {
        try db.all("SELECT device_id, serial FROM expiring") { ($0[0], $0[1]) }
    }

    /// Forgets that a serial's end was told.
    static func forget(serial: String, in db: Database) throws {
        try db.run("DELETE FROM expiring WHERE serial = ?", [serial])
    }
}
