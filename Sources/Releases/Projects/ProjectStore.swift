internal import Store

/// SQL of the tables `cosign_project` and `cosign_device_type`.
enum ProjectStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0025-cosign-project") { db in
            try db.script(
                """
                CREATE TABLE cosign_project (
                    id TEXT PRIMARY KEY, lifetime INTEGER NOT NULL, approval TEXT NOT NULL,
                    requires_project_signature INTEGER NOT NULL, requires_release INTEGER NOT NULL,
                    is_suspended INTEGER NOT NULL, trust_version INTEGER NOT NULL,
                    recovery_threshold INTEGER NOT NULL, cosigner_kid TEXT NOT NULL, cosigner_uri TEXT,
                    cosigner_key BLOB, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE cosign_device_type (
                    device_type TEXT PRIMARY KEY,
                    project_id TEXT NOT NULL REFERENCES cosign_project (id) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
                CREATE INDEX cosign_device_type_project ON cosign_device_type (project_id);
                """)
        }
    }

    private static let columns = """
        id, lifetime, approval, requires_project_signature, requires_release, is_suspended, trust_version,
        recovery_threshold, cosigner_kid, cosigner_uri, created_at
        """

    /// - Parameter sealed: the co-signer's key; `nil` for one in a token.
    static func insert(_ project: ProjectRecord, sealed: [UInt8]?, in db: Database) throws {
        try db.run(
            "INSERT INTO cosign_project (\(columns), cosigner_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                project.id, project.lifetime, project.approval.rawValue, project.requiresProjectSignature,
                project.requiresRelease, project.isSuspended, project.trustVersion, project.recoveryThreshold,
                project.coSignerKID, project.coSignerURI, project.createdAt, sealed,
            ])
        try setDeviceTypes(project.deviceTypes, of: project.id, in: db)
    }

    static func update(_ project: ProjectRecord, in db: Database) throws {
        try db.run(
            """
            UPDATE cosign_project SET lifetime = ?, approval = ?, requires_project_signature = ?,
                requires_release = ?, is_suspended = ?, trust_version = ?, recovery_threshold = ? WHERE id = ?
            """,
            [
                project.lifetime, project.approval.rawValue, project.requiresProjectSignature, project.requiresRelease,
                project.isSuspended, project.trustVersion, project.recoveryThreshold, project.id,
            ])
    }

    static func setDeviceTypes(_ types: [String], of project: String, in db: Database) throws {
        try db.run("DELETE FROM cosign_device_type WHERE project_id = ?", [project])
        for type in types {
            try db.run(
                "INSERT INTO cosign_device_type (device_type, project_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [type, project])
        }
    }

    static func find(_ id: String, in db: Database) throws -> ProjectRecord? {
        guard var project = try db.first("SELECT \(columns) FROM cosign_project WHERE id = ?", [id], read: record)
        else { return nil }
        project.deviceTypes = try db.values(
            "SELECT device_type FROM cosign_device_type WHERE project_id = ? ORDER BY device_type", [id],
            as: String.self)
        return project
    }

    static func ids(in db: Database) throws -> [String] {
        try db.values("SELECT id FROM cosign_project ORDER BY id", [], as: String.self)
    }

    /// The sealed key of the co-signer; `nil` for one in a token.
    static func coSignerKey(_ id: String, in db: Database) throws -> [UInt8]? {
        try db.value("SELECT cosigner_key FROM cosign_project WHERE id = ?", [id], as: [UInt8]?.self) ?? nil
    }

    /// The project that a device type belongs to.
    static func project(ofType type: String, in db: Database) throws -> String? {
        try db.value(
            "SELECT project_id FROM cosign_device_type WHERE device_type = ?", [type], as: String.self)
    }

    static func suspendAll(in db: Database) throws {
        try db.run("UPDATE cosign_project SET is_suspended = 1")
    }

    static func hasAny(in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM cosign_project)", [], as: Bool.self) ?? false
    }

    /// What was written while the clock was ahead begins now.
    static func settle(at now: Int64, in db: Database) throws {
        try db.run("UPDATE cosign_project SET created_at = ? WHERE created_at > ?", [now, now])
    }

    private static func record(_ row: borrowing SQLColumns) -> ProjectRecord {
        let approval: String = row[2]
        return ProjectRecord(
            id: row[0], lifetime: row[1], approval: ReleaseApproval(rawValue: approval) ?? .manual,
            requiresProjectSignature: row[3], requiresRelease: row[4], isSuspended: row[5], trustVersion: row[6],
            recoveryThreshold: row[7], coSignerKID: row[8], coSignerURI: row[9], createdAt: row[10])
    }
}
