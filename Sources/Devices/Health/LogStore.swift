internal import Store
internal import Wire

/// SQL of the table `device_log`. `ending` counts the bytes of all lines of a device up to and including this one, so
/// that what has to go to make room is found without adding up what stays.
enum LogStore {
    static func add(_ lines: [LogLine], at now: Int64, of deviceID: String, in db: Database) throws {
        let last: (number: Int64, ending: Int64)? = try db.first(
            "SELECT number, ending FROM device_log WHERE device_id = ? ORDER BY number DESC LIMIT 1", [deviceID]
        ) { row in (row[0], row[1]) }
        var (number, ending) = last ?? (0, 0)
        for line in lines {
            number += 1
            ending += Int64(line.message.utf8.count + line.level.utf8.count)
            try db.run(
                "INSERT INTO device_log VALUES (?, ?, ?, ?, ?, ?, ?)",
                [deviceID, number, now, line.level, line.message, line.time, ending])
        }
        var first = number - HealthLimits.logLines + 1
        if ending > HealthLimits.logBytes {
            let fitting: Int64? = try db.value(
                "SELECT number FROM device_log WHERE device_id = ? AND ending > ? ORDER BY number LIMIT 1",
                [deviceID, ending - HealthLimits.logBytes])
            // The line in which the limit lies is beyond it by a part.
            first = max(first, (fitting ?? number) + 1)
        }
        if first > 1 { try db.run("DELETE FROM device_log WHERE device_id = ? AND number < ?", [deviceID, first]) }
    }

    /// Lines of a device after one, oldest first.
    static func page(of deviceID: String, after number: Int64, limit: Int, in db: Database) throws -> [KeptLogLine] {
        try db.all(
            """
            SELECT number, at, level, message, written_at FROM device_log WHERE device_id = ? AND number > ?
            ORDER BY number LIMIT ?
            """, [deviceID, number, limit]
        ) { row in
            KeptLogLine(number: row[0], at: row[1], line: LogLine(level: row[2], message: row[3], time: row[4]))
        }
    }

    static func removeOld(before seconds: Int64, in db: Database) throws {
        try db.run("DELETE FROM device_log WHERE at < ?", [seconds])
    }

    static func removeAll(of deviceID: String, in db: Database) throws {
        try db.run("DELETE FROM device_log WHERE device_id = ?", [deviceID])
    }

    /// Nothing was heard later than now: the clock was set back.
    static func settle(at now: Int64, in db: Database) throws {
        try db.run("UPDATE device_log SET at = ?1 WHERE at > ?1", [now])
    }
}
