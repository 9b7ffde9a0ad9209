internal import Store
internal import Wire

/// SQL of the tables `installation` and `installation_log`.
enum InstallationStore {
    /// IDs of the devices of a deployment, in their order after one, also of those that have not asked yet.
    ///
    /// - Parameters:
    ///   - status: only devices with this status; `nil` for all.
    ///   - silent: the status of devices that have not asked.
    static func devices(
        of deployment: Int64, status: InstallationStatus?, silent: InstallationStatus, after: String, limit: Int,
        in db: Database
    ) throws -> [String] {
        try db.values(
            """
            SELECT named.device_id FROM (
                SELECT device_id FROM deployment_target WHERE deployment = ?1 AND device_id > ?2
                UNION SELECT device_id FROM installation WHERE deployment = ?1 AND device_id > ?2) AS named
            LEFT JOIN installation
                ON installation.device_id = named.device_id AND installation.deployment = ?1
            WHERE ?3 IS NULL OR coalesce(status, ?4) = ?3 ORDER BY named.device_id LIMIT ?5
            """, [deployment, after, status?.storedWord, silent.storedWord, limit])
    }

    private static let columns = """
        deployment, device_id, status, substate, created_at, started_at, finished_at, device_type, provided, artifact_id,
        failed_attempts, has_log, size, audited, late_status, late_substate, late_count
        """

    static func find(_ deployment: Int64, _ deviceID: String, in db: Database) throws -> Installation? {
        try db.first(
            "SELECT \(columns) FROM installation WHERE device_id = ? AND deployment = ?", [deviceID, deployment],
            read: installation)
    }

    /// The unfinished one of a device that it is at work on, or else the oldest.
    static func open(_ deviceID: String, in db: Database) throws -> Installation? {
        try db.first(
            """
            SELECT \(columns) FROM installation WHERE device_id = ? AND is_finished = 0
            ORDER BY CASE WHEN provided IS NULL THEN 1 ELSE 0 END, deployment LIMIT 1
            """, [deviceID], read: installation)
    }

    /// How many devices of a deployment have their instructions and are not done.
    static func inFlight(of deployment: Int64, in db: Database) throws -> Int {
        let open = InstallationStatus.allCases.filter { !$0.isFinished }
        return try db.value(
            """
            SELECT count(*) FROM installation
            WHERE deployment = ? AND status IN \(SQLText.list(open.count)) AND provided IS NOT NULL
            """, [deployment] + open.map(\.storedWord), as: Int.self) ?? 0
    }

    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("updates-0003-forgotten") { db in
            try db.script("ALTER TABLE installation ADD COLUMN is_forgotten INTEGER NOT NULL DEFAULT 0")
        }
        migrator.register("updates-0004-late-reports") { db in
            try db.script(
                """
                ALTER TABLE installation ADD COLUMN audited TEXT NOT NULL DEFAULT '';
                ALTER TABLE installation ADD COLUMN late_status TEXT;
                ALTER TABLE installation ADD COLUMN late_substate TEXT;
                ALTER TABLE installation ADD COLUMN late_count INTEGER NOT NULL DEFAULT 0;
                """)
        }
    }

    /// The places of the deployments a device has had. What was pushed to it stands beside their line: it says nothing
    /// about which of them the device is to have.
    static func places(_ deviceID: String, in db: Database) throws -> [DeploymentPlace] {
        try db.all(
            """
            SELECT number, deployment.created_at, starts_at FROM installation
            JOIN deployment ON number = deployment WHERE device_id = ? AND is_push = 0
            """, [deviceID]
        ) { DeploymentPlace(number: $0[0], createdAt: $0[1], startsAt: $0[2]) }
    }

    static func save(_ one: Installation, in db: Database) throws {
        try db.run(
            """
            INSERT INTO installation (\(columns), is_finished)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (device_id, deployment) DO UPDATE SET status = excluded.status, substate = excluded.substate,
                started_at = excluded.started_at, finished_at = excluded.finished_at,
                device_type = excluded.device_type, provided = excluded.provided,
                artifact_id = excluded.artifact_id, failed_attempts = excluded.failed_attempts,
                has_log = excluded.has_log, size = excluded.size, audited = excluded.audited,
                late_status = excluded.late_status, late_substate = excluded.late_substate,
                late_count = excluded.late_count, is_finished = excluded.is_finished
            """,
            [
                one.deployment, one.deviceID, one.status.storedWord, one.substate, one.createdAt, one.startedAt,
                one.finishedAt, one.deviceType, one.provided, one.artifactID, one.failedAttempts, one.hasLog, one.size,
                one.auditedStates.map(\.storedWord).sorted().joined(separator: " "), one.lateReport?.status.storedWord,
                one.lateReport?.substate, one.lateReport?.count ?? 0, one.status.isFinished,
            ])
    }

    /// Unfinished ones of a deployment.
    static func unfinished(of deployment: Int64, in db: Database) throws -> [Installation] {
        try db.all(
            "SELECT \(columns) FROM installation WHERE deployment = ? AND is_finished = 0", [deployment],
            read: installation)
    }

    /// The devices that have begun a deployment.
    static func devices(of deployment: Int64, in db: Database) throws -> Set<DeviceID> {
        let ids = try db.values(
            "SELECT device_id FROM installation WHERE deployment = ?", [deployment], as: String.self)
        return Set(ids.map { DeviceID($0) })
    }

    /// Unfinished ones of a device.
    static func unfinished(ofDevice deviceID: String, in db: Database) throws -> [Installation] {
        try db.all(
            "SELECT \(columns) FROM installation WHERE device_id = ? AND is_finished = 0",
            [deviceID], read: installation)
    }

    /// How many of a deployment have each status.
    static func statistics(of deployment: Int64, in db: Database) throws -> [InstallationStatus: Int] {
        var counts: [InstallationStatus: Int] = [:]
        try db.each("SELECT status, count(*) FROM installation WHERE deployment = ? GROUP BY status", [deployment]) {
            row in
            if let status = InstallationStatus(storedWord: row[0]) { counts[status] = row[1] }
            return true
        }
        return counts
    }

    /// Bytes handed out in all.
    static func totalSize(of deployment: Int64, in db: Database) throws -> Int64 {
        try db.value(
            "SELECT coalesce(sum(size), 0) FROM installation WHERE deployment = ?", [deployment], as: Int64.self)
            ?? 0
    }

    static func page(
        of deployment: Int64, statuses: [InstallationStatus], offset: Int, limit: Int, in db: Database
    ) throws -> (installations: [Installation], total: Int) {
        var condition = "deployment = ?"
        var arguments: [any SQLType] = [deployment]
        if !statuses.isEmpty {
            condition += " AND status IN \(SQLText.list(statuses.count))"
            arguments += statuses.map(\.storedWord)
        }
        let total =
            try db.value("SELECT count(*) FROM installation WHERE \(condition)", arguments, as: Int.self) ?? 0
        let installations = try db.all(
            "SELECT \(columns) FROM installation WHERE \(condition) ORDER BY created_at, device_id LIMIT ? OFFSET ?",
            arguments + [limit, offset], read: installation)
        return (installations, total)
    }

    /// What a device has had, newest first.
    static func history(
        of deviceID: String, statuses: [InstallationStatus], offset: Int, limit: Int, in db: Database
    ) throws -> [Installation] {
        var condition = "device_id = ? AND is_forgotten = 0"
        var arguments: [any SQLType] = [deviceID]
        if !statuses.isEmpty {
            condition += " AND status IN \(SQLText.list(statuses.count))"
            arguments += statuses.map(\.storedWord)
        }
        return try db.all(
            "SELECT \(columns) FROM installation WHERE \(condition) ORDER BY deployment DESC LIMIT ? OFFSET ?",
            arguments + [limit, offset], read: installation)
    }

    static func removeHistory(of deviceID: String, in db: Database) throws {
        // Only what is finished. The rows stay: deployments count them, and they decide what the device is offered.
        try db.run(
            """
            DELETE FROM installation_log WHERE device_id = ?1 AND deployment IN (
                SELECT deployment FROM installation WHERE device_id = ?1 AND is_finished = 1)
            """, [deviceID])
        try db.run(
            "UPDATE installation SET is_forgotten = 1, has_log = 0 WHERE device_id = ? AND is_finished = 1", [deviceID])
    }

    static func setLog(_ text: String, of deployment: Int64, _ deviceID: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO installation_log VALUES (?1, ?2, ?3) ON CONFLICT (device_id, deployment) DO UPDATE SET text = ?3
            """, [deviceID, deployment, text])
    }

    static func log(of deployment: Int64, _ deviceID: String, in db: Database) throws -> String? {
        try db.value(
            "SELECT text FROM installation_log WHERE device_id = ? AND deployment = ?", [deviceID, deployment],
            as: String.self)
    }

    private static func installation(_ row: borrowing SQLColumns) -> Installation? {
        guard let status = InstallationStatus(storedWord: row[2]) else { return nil }
        var late: LateReport?
        if let word: String = row[14], let status = InstallationStatus(storedWord: word) {
            late = LateReport(status: status, substate: row[15] ?? "", count: row[16])
        }
        let audited = (row[13] as String).split(separator: " ").compactMap {
            InstallationStatus(storedWord: String($0))
        }
        return Installation(
            deployment: row[0], deviceID: row[1], status: status, substate: row[3], createdAt: row[4],
            startedAt: row[5], finishedAt: row[6], deviceType: row[7], provided: row[8], artifactID: row[9],
            failedAttempts: row[10], hasLog: row[11], size: row[12], auditedStates: Set(audited), lateReport: late)
    }
}
