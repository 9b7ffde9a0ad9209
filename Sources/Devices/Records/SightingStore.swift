internal import GRDB
internal import Store
internal import Wire

/// SQL of the table `sighting`: how often a waiting device asked. ``PairingWindowStore`` has its migration.
enum SightingStore {
    static func count(_ device: String, in db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO sighting VALUES (?, 1) ON CONFLICT (device_id) DO UPDATE SET count = count + 1"
        ).execute(arguments: [device])
    }

    static func counts(of devices: [String], in db: Database) throws -> [DeviceID: Int] {
        let statement = try db.cachedStatement(sql: "SELECT count FROM sighting WHERE device_id = ?")
        var counts: [DeviceID: Int] = [:]
        for device in devices { counts[DeviceID(device)] = try Int.fetchOne(statement, arguments: [device]) }
        return counts
    }
}
