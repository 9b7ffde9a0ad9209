internal import Store
internal import Wire

/// SQL of the table `sighting`: how often a waiting device asked. ``PairingWindowStore`` has its migration.
enum SightingStore {
    static func count(_ device: String, in db: Database) throws {
        try db.run(
            "INSERT INTO sighting VALUES (?, 1) ON CONFLICT (device_id) DO UPDATE SET count = sighting.count + 1",
            [device])
    }

    static func counts(of devices: [String], in db: Database) throws -> [DeviceID: Int] {
        var counts: [DeviceID: Int] = [:]
        for device in devices {
            counts[DeviceID(device)] = try db.value("SELECT count FROM sighting WHERE device_id = ?", [device])
        }
        return counts
    }
}
