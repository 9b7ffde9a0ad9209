internal import Encoding
internal import Store
internal import Wire

/// SQL of the table `health_sample`. A sample's time is its minute since 1970 by the hub's clock, so that a device has
/// at most one in a minute: a later report of the same minute takes its place.
enum SampleStore {
    static func save(_ metrics: [HealthReport.Metric], minute: Int64, of deviceID: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO health_sample VALUES (?1, ?2, ?3)
            ON CONFLICT (device_id, minute) DO UPDATE SET metrics = ?3
            """, [deviceID, minute, AttributeStore.text(HealthReport.json(metrics))])
    }

    /// A device's samples since a minute, oldest first.
    static func all(of deviceID: String, since minute: Int64, in db: Database) throws -> [HealthSample] {
        try db.all(
            "SELECT minute, metrics FROM health_sample WHERE device_id = ? AND minute >= ? ORDER BY minute",
            [deviceID, minute]
        ) { row in
            guard let metrics = FactStore.parse(row[1]) else { return nil }
            let report = HealthReport(value: .object([.init("metrics", metrics)]))
            return HealthSample(at: (row[0] as Int64) * 60, metrics: report?.metrics ?? [])
        }
    }

    /// The first minute of any sample from one minute on and before another.
    static func firstMinute(from: Int64, before: Int64, in db: Database) throws -> Int64? {
        try db.value(
            "SELECT minute FROM health_sample WHERE minute >= ? AND minute < ? ORDER BY minute LIMIT 1", [from, before])
    }

    /// Keeps the first sample of each device from one minute on and before another.
    static func thin(from: Int64, before: Int64, in db: Database) throws {
        try db.run(
            """
            DELETE FROM health_sample WHERE minute >= ?1 AND minute < ?2 AND EXISTS (
                SELECT 1 FROM health_sample AS earlier WHERE earlier.device_id = health_sample.device_id
                    AND earlier.minute >= ?1 AND earlier.minute < health_sample.minute)
            """, [from, before])
    }

    static func removeOld(before minute: Int64, in db: Database) throws {
        try db.run("DELETE FROM health_sample WHERE minute < ?", [minute])
    }

    static func removeAll(of deviceID: String, in db: Database) throws {
        try db.run("DELETE FROM health_sample WHERE device_id = ?", [deviceID])
    }

    /// The clock was set back: what a device sent later than now is moved back, all by the same time, so that its last
    /// sample is of now and the distances stay. Where a sample stands already, that one is kept.
    static func settle(at now: Int64, in db: Database) throws {
        let minute = now / 60
        try db.run(
            """
            INSERT INTO health_sample
            SELECT ahead.device_id, ahead.minute - newest.minute + ?1, ahead.metrics FROM health_sample AS ahead
            JOIN (SELECT device_id, max(minute) AS minute FROM health_sample WHERE minute > ?1 GROUP BY device_id)
                AS newest ON newest.device_id = ahead.device_id
            WHERE ahead.minute > ?1
            ON CONFLICT (device_id, minute) DO NOTHING
            """, [minute])
        try db.run("DELETE FROM health_sample WHERE minute > ?", [minute])
    }
}
