internal import Foundation
internal import Journal
internal import Store

/// SQL of the table `deployment` and of what belongs to it: targets and the artifacts chosen at creation.
enum DeploymentStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("updates-0002-deployment") { db in
            try db.script(
                """
                CREATE TABLE deployment (
                    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
                    artifact_name TEXT NOT NULL, is_configuration INTEGER NOT NULL, created_at INTEGER NOT NULL,
                    finished_at INTEGER, state TEXT NOT NULL, is_aborted INTEGER NOT NULL, pause_reason TEXT,
                    target TEXT NOT NULL, plan TEXT NOT NULL, device_count INTEGER NOT NULL,
                    begun INTEGER NOT NULL, finished INTEGER NOT NULL, failed INTEGER NOT NULL,
                    is_dynamic INTEGER NOT NULL, starts_at INTEGER NOT NULL, fingerprint BLOB NOT NULL) STRICT;
                CREATE INDEX deployment_open ON deployment (number) WHERE state <> 'finished';
                CREATE TABLE deployment_target (
                    device_id TEXT NOT NULL, deployment INTEGER NOT NULL REFERENCES deployment (number),
                    PRIMARY KEY (device_id, deployment)) STRICT, WITHOUT ROWID;
                CREATE INDEX deployment_target_deployment ON deployment_target (deployment);
                CREATE TABLE deployment_artifact (
                    deployment INTEGER NOT NULL REFERENCES deployment (number), artifact_id TEXT NOT NULL,
                    PRIMARY KEY (deployment, artifact_id)) STRICT, WITHOUT ROWID;
                CREATE INDEX deployment_artifact_artifact ON deployment_artifact (artifact_id);
                CREATE TABLE installation (
                    device_id TEXT NOT NULL, deployment INTEGER NOT NULL REFERENCES deployment (number),
                    status TEXT NOT NULL, is_finished INTEGER NOT NULL, substate TEXT NOT NULL,
                    created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER, device_type TEXT NOT NULL,
                    provided TEXT, artifact_id TEXT, failed_attempts INTEGER NOT NULL, has_log INTEGER NOT NULL,
                    size INTEGER NOT NULL, PRIMARY KEY (device_id, deployment)) STRICT, WITHOUT ROWID;
                CREATE INDEX installation_open ON installation (device_id, deployment) WHERE is_finished = 0;
                CREATE INDEX installation_status ON installation (deployment, status);
                CREATE TABLE installation_log (
                    device_id TEXT NOT NULL, deployment INTEGER NOT NULL, text TEXT NOT NULL,
                    PRIMARY KEY (device_id, deployment)) STRICT;
                """)
        }
    }

    private static let columns = """
        number, id, name, artifact_name, is_configuration, created_at, finished_at, state, is_aborted, pause_reason, target, plan,
        device_count, begun, finished, failed
        """

    /// Stores a new one and answers its number.
    static func insert(
        _ deployment: Deployment, fingerprint: [UInt8], targets: [String], artifacts: [String], in db: Database
    ) throws -> Int64 {
        var isDynamic = false
        if case .filter = deployment.target { isDynamic = true }
        let number: Int64? = try db.value(
            """
            INSERT INTO deployment (id, name, artifact_name, is_configuration, created_at, state, is_aborted, pause_reason,
                target, plan, device_count, begun, finished, failed, is_dynamic, starts_at, fingerprint, is_push)
            VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?) RETURNING number
            """,
            [
                deployment.id, deployment.name, deployment.artifactName, deployment.isConfiguration,
                deployment.createdAt, deployment.state.storedWord, deployment.pauseReason,
                try encode(deployment.target), try encode(deployment.plan), deployment.deviceCount, isDynamic,
                deployment.startsAt, fingerprint, deployment.plan.isPush,
            ])
        guard let number else { throw StoreError.writeWithoutValue }
        for deviceID in targets {
            try db.run("INSERT INTO deployment_target VALUES (?, ?)", [.string(deviceID), .integer(number)])
        }
        for artifact in artifacts {
            try db.run("INSERT INTO deployment_artifact VALUES (?, ?)", [number, artifact])
        }
        return number
    }

    static func find(_ id: String, in db: Database) throws -> Deployment? {
        try db.first("SELECT \(columns) FROM deployment WHERE id = ?", [id], read: deployment)
    }

    static func find(number: Int64, in db: Database) throws -> Deployment? {
        try db.first("SELECT \(columns) FROM deployment WHERE number = ?", [number], read: deployment)
    }

    /// Writes what changes in a deployment's life.
    static func update(_ deployment: Deployment, in db: Database) throws {
        try db.run(
            """
            UPDATE deployment SET finished_at = ?, state = ?, is_aborted = ?, pause_reason = ?, plan = ?, device_count = ?,
                begun = ?, finished = ?, failed = ? WHERE number = ?
            """,
            [
                deployment.finishedAt, deployment.state.storedWord, deployment.isAborted, deployment.pauseReason,
                try encode(deployment.plan), deployment.deviceCount, deployment.counts.begun,
                deployment.counts.finished,
                deployment.counts.failed, deployment.number,
            ])
    }

    /// Whether one with the same name, release and targets is under way.
    static func isOpen(fingerprint: [UInt8], in db: Database) throws -> Bool {
        try db.value(
            "SELECT EXISTS (SELECT 1 FROM deployment WHERE state <> 'finished' AND fingerprint = ?)", [fingerprint],
            as: Bool.self) ?? true
    }

    /// Unfinished ones that name the device, have started, and that it has not had. One that was not scheduled has
    /// started when it was made, also when the clock was set back since.
    static func named(_ deviceID: String, now: Int64, in db: Database) throws -> [Deployment] {
        try db.all(
            """
            SELECT \(columns) FROM deployment_target AS target JOIN deployment ON number = target.deployment
            WHERE target.device_id = ? AND state <> 'finished' AND (starts_at <= ? OR starts_at <= created_at)
                AND NOT EXISTS (SELECT 1 FROM installation
                    WHERE installation.device_id = target.device_id AND installation.deployment = number)
            """, [deviceID, now], read: deployment)
    }

    /// Whether no deployment is unfinished, and no part of one.
    static func isIdle(in db: Database) throws -> Bool {
        try db.value(
            """
            SELECT NOT EXISTS (SELECT 1 FROM deployment WHERE state <> 'finished')
                AND NOT EXISTS (SELECT 1 FROM installation WHERE is_finished = 0)
            """, as: Bool.self) ?? false
    }

    /// Unfinished ones with a filter that have started and that the device has not had.
    static func dynamic(_ deviceID: String, now: Int64, in db: Database) throws -> [Deployment] {
        try db.all(
            """
            SELECT \(columns) FROM deployment
            WHERE state <> 'finished' AND is_dynamic = 1 AND (starts_at <= ? OR starts_at <= created_at)
                AND NOT EXISTS (SELECT 1 FROM installation
                    WHERE installation.device_id = ? AND installation.deployment = number)
            """, [now, deviceID], read: deployment)
    }

    /// IDs of the artifacts that had its release's name when it was made.
    static func artifacts(of number: Int64, in db: Database) throws -> [String] {
        try db.values("SELECT artifact_id FROM deployment_artifact WHERE deployment = ?", [number], as: String.self)
    }

    /// IDs of the devices it names.
    static func targets(of number: Int64, in db: Database) throws -> [String] {
        try db.values(
            "SELECT device_id FROM deployment_target WHERE deployment = ? ORDER BY device_id", [number], as: String.self
        )
    }

    static func isTarget(_ deviceID: String, of number: Int64, in db: Database) throws -> Bool {
        try db.value(
            "SELECT EXISTS (SELECT 1 FROM deployment_target WHERE deployment = ? AND device_id = ?)",
            [number, deviceID], as: Bool.self) ?? false
    }

    /// Those that are not finished, by their age.
    static func unfinished(in db: Database) throws -> [Deployment] {
        try db.all(
            "SELECT \(columns) FROM deployment WHERE state <> 'finished' ORDER BY number", [], read: deployment)
    }

    /// IDs of the devices it names and that have not begun it.
    static func silentTargets(of number: Int64, in db: Database) throws -> [String] {
        try db.values(
            """
            SELECT device_id FROM deployment_target AS target
            WHERE target.deployment = ?1 AND NOT EXISTS (SELECT 1 FROM installation
                WHERE installation.device_id = target.device_id AND installation.deployment = ?1)
            ORDER BY device_id
            """, [number], as: String.self)
    }

    /// Unfinished deployments an artifact is part of.
    static func using(artifact id: String, in db: Database) throws -> [String] {
        try db.values(
            """
            SELECT deployment.id FROM deployment_artifact
            JOIN deployment ON deployment.number = deployment_artifact.deployment
            WHERE artifact_id = ? AND state <> 'finished' ORDER BY number
            """, [id], as: String.self)
    }

    /// Whether an artifact was ever part of one.
    static func everUsed(artifact id: String, in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM deployment_artifact WHERE artifact_id = ?)", [id], as: Bool.self)
            ?? true
    }

    /// A page of them.
    static func page(_ query: DeploymentQuery, in db: Database) throws -> (deployments: [Deployment], total: Int) {
        let (condition, arguments) = query.condition
        let total =
            try db.value("SELECT count(*) FROM deployment WHERE \(condition)", arguments, as: Int.self) ?? 0
        let order = query.isAscending ? "ASC" : "DESC"
        let deployments = try db.all(
            """
            SELECT \(columns) FROM deployment WHERE \(condition) ORDER BY number \(order) LIMIT ? OFFSET ?
            """, arguments + [query.limit, query.offset], read: deployment)
        return (deployments, total)
    }

    private static func deployment(_ row: borrowing SQLColumns) throws -> Deployment {
        var counts = Deployment.Counts()
        counts.begun = row[13]
        counts.finished = row[14]
        counts.failed = row[15]
        return Deployment(
            number: row[0], id: row[1], name: row[2], artifactName: row[3], isConfiguration: row[4], createdAt: row[5],
            finishedAt: row[6], state: Deployment.State(storedWord: row[7]) ?? .finished, isAborted: row[8],
            pauseReason: row[9], target: try decode(row[10]), plan: try decode(row[11]), deviceCount: row[12],
            counts: counts)
    }

    private static func encode(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    private static func decode<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

/// Place of a deployment in the order in which devices take them: by its creation, or, when it was scheduled, by its
/// start. Only a schedule is compared by the clock, which may have been wrong when others were made.
struct DeploymentPlace: Sendable {
    let number: Int64
    let createdAt: Int64
    let startsAt: Int64

    func isBefore(_ other: DeploymentPlace) -> Bool {
        let isScheduled = startsAt > createdAt || other.startsAt > other.createdAt
        guard isScheduled else { return number < other.number }
        return (startsAt, number) < (other.startsAt, other.number)
    }
}

extension Deployment {
    var place: DeploymentPlace { DeploymentPlace(number: number, createdAt: createdAt, startsAt: startsAt) }
}

/// Which deployments a listing shows.
package struct DeploymentQuery: Sendable {
    /// Only in this state.
    package var state: Deployment.State?
    /// Part of name or release.
    package var search: String?
    package var name: String?
    package var ids: [String] = []
    /// Made after, Unix seconds.
    package var createdAfter: Int64?
    /// Made before, Unix seconds.
    package var createdBefore: Int64?
    /// Whether configurations, or artifacts only; `nil` for both.
    package var isConfiguration: Bool?
    /// Oldest first.
    package var isAscending = false
    /// How many to leave out.
    package var offset = 0
    /// How many at most.
    package var limit = 20

    /// All of them, newest first.
    package init() {}

    fileprivate var condition: (String, [any SQLType]) {
        var parts = ["1 = 1"]
        var arguments: [any SQLType] = []
        func add(_ sql: String, _ values: [any SQLType]) {
            parts.append(sql)
            arguments += values
        }
        if let state { add("state = ?", [state.storedWord]) }
        if let search {
            // Literal text: wild cards of LIKE are none here.
            let pattern = "%" + search.flatMap { "%_\\".contains($0) ? ["\\", $0] : [$0] } + "%"
            add(
                "(lower(name) LIKE lower(?) ESCAPE '\\' OR lower(artifact_name) LIKE lower(?) ESCAPE '\\')",
                [pattern, pattern])
        }
        if let name { add("name = ?", [name]) }
        if !ids.isEmpty {
            let ids = ids.filter(UniqueID.isValid)
            add("id IN \(SQLText.list(ids.count))", ids)
        }
        if let createdAfter { add("created_at >= ?", [createdAfter]) }
        if let createdBefore { add("created_at <= ?", [createdBefore]) }
        if let isConfiguration { add("is_configuration = ?", [isConfiguration]) }
        return (parts.joined(separator: " AND "), arguments)
    }
}
