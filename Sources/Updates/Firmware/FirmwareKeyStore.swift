internal import Artifact
internal import Store

/// SQL of the table `firmware_key`, which ``FirmwareStore`` makes.
enum FirmwareKeyStore {
    static func all(in db: Database) throws -> [FirmwareKeyRecord] {
        try db.all("SELECT name, purpose, public_key, created_at FROM firmware_key ORDER BY name", []) { row in
            let (purpose, bytes): (String, [UInt8]) = (row[1], row[2])
            guard let purpose = FirmwareKeyPurpose(rawValue: purpose), let key = FirmwareKey(bytes) else { return nil }
            return FirmwareKeyRecord(name: row[0], purpose: purpose, key: key, createdAt: row[3])
        }
    }

    static func insert(_ record: FirmwareKeyRecord, in db: Database) throws {
        try db.run(
            "INSERT INTO firmware_key (name, purpose, public_key, created_at) VALUES (?, ?, ?, ?)",
            [record.name, record.purpose.rawValue, record.key.bytes, record.createdAt])
    }

    static func remove(_ name: String, in db: Database) throws {
        try db.run("DELETE FROM firmware_key WHERE name = ?", [name])
    }
}
