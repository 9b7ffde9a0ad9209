internal import Store

/// SQL of the tables `cosign_release`, `cosign_release_type` and `cosign_offer`.
enum ReleaseStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0027-cosign-release") { db in
            try db.script(
                """
                CREATE TABLE cosign_release (
                    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES cosign_project (id) ON DELETE CASCADE,
                    stream TEXT NOT NULL, sequence INTEGER NOT NULL, version TEXT NOT NULL, jti TEXT NOT NULL,
                    sha256 TEXT NOT NULL, size INTEGER NOT NULL, project_kid TEXT NOT NULL, ends_at INTEGER NOT NULL,
                    state TEXT NOT NULL, uploaded_by TEXT NOT NULL, created_at INTEGER NOT NULL,
                    message BLOB NOT NULL) STRICT, WITHOUT ROWID;
                CREATE UNIQUE INDEX cosign_release_order ON cosign_release (project_id, stream, sequence);
                CREATE INDEX cosign_release_digest ON cosign_release (sha256);
                CREATE TABLE cosign_release_type (
                    release_id TEXT NOT NULL REFERENCES cosign_release (id) ON DELETE CASCADE,
                    device_type TEXT NOT NULL, PRIMARY KEY (release_id, device_type)) STRICT, WITHOUT ROWID;
                CREATE TABLE cosign_offer (
                    device_id TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
                    project_id TEXT NOT NULL REFERENCES cosign_project (id) ON DELETE CASCADE, stream TEXT NOT NULL,
                    sequence INTEGER NOT NULL, PRIMARY KEY (device_id, project_id, stream)) STRICT, WITHOUT ROWID;
                CREATE INDEX cosign_offer_project ON cosign_offer (project_id, stream);
                """)
        }
    }

    private static let columns = """
        id, project_id, stream, sequence, version, jti, sha256, size, project_kid, ends_at, state, uploaded_by,
        created_at
        """

    static func insert(_ release: ReleaseRecord, types: [String], message: [UInt8], in db: Database) throws {
        try db.run(
            "INSERT INTO cosign_release (\(columns), message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                release.id, release.projectID, release.stream, release.sequence, release.version, release.messageID,
                release.sha256, release.size, release.projectKey, release.endsAt, release.state.rawValue,
                release.uploadedBy, release.createdAt, message,
            ])
        for type in types {
            try db.run(
                "INSERT INTO cosign_release_type (release_id, device_type) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [release.id, type])
        }
    }

    static func setState(_ state: ReleaseState, of id: String, in db: Database) throws {
        try db.run("UPDATE cosign_release SET state = ? WHERE id = ?", [state.rawValue, id])
    }

    static func find(_ id: String, in db: Database) throws -> ReleaseRecord? {
        try db.first("SELECT \(columns) FROM cosign_release WHERE id = ?", [id], read: record)
    }

    static func find(
        project: String, stream: String, sequence: Int64, in db: Database
    ) throws -> ReleaseRecord? {
        try db.first(
            "SELECT \(columns) FROM cosign_release WHERE project_id = ? AND stream = ? AND sequence = ?",
            [project, stream, sequence], read: record)
    }

    /// Kinds of devices that a release is for, sorted.
    static func types(of id: String, in db: Database) throws -> [String] {
        try db.all("SELECT device_type FROM cosign_release_type WHERE release_id = ? ORDER BY device_type", [id]) {
            $0[0]
        }
    }

    static func message(_ id: String, in db: Database) throws -> [UInt8]? {
        try db.value("SELECT message FROM cosign_release WHERE id = ?", [id], as: [UInt8].self)
    }

    /// The highest number of a stream.
    static func highest(project: String, stream: String, in db: Database) throws -> Int64 {
        try db.value(
            "SELECT sequence FROM cosign_release WHERE project_id = ? AND stream = ? ORDER BY sequence DESC LIMIT 1",
            [project, stream], as: Int64.self) ?? 0
    }

    static func count(project: String, in db: Database) throws -> Int {
        try db.value("SELECT count(*) FROM cosign_release WHERE project_id = ?", [project], as: Int.self) ?? 0
    }

    /// Newest first.
    static func page(
        project: String?, stream: String?, limit: Int, in db: Database
    ) throws -> [ReleaseRecord] {
        try db.all(
            """
            SELECT \(columns) FROM cosign_release
            WHERE (?1 IS NULL OR project_id = ?1) AND (?2 IS NULL OR stream = ?2)
            ORDER BY created_at DESC, sequence DESC LIMIT ?3
            """, [project, stream, limit], read: record)
    }

    /// What a device of a type may be offered, the highest number first: approved, signed by an active key, not ended,
    /// not below a number.
    static func offerable(
        project: String, stream: String, type: String, floor: Int64, now: Int64, in db: Database
    ) throws -> [ReleaseRecord] {
        try db.all(
            """
            SELECT \(columns) FROM cosign_release
            WHERE project_id = ? AND stream = ? AND sequence >= ? AND state = 'approved' AND ends_at > ?
                AND EXISTS (SELECT 1 FROM cosign_release_type WHERE release_id = cosign_release.id
                    AND device_type = ?)
                AND EXISTS (SELECT 1 FROM cosign_key WHERE cosign_key.project_id = cosign_release.project_id
                    AND cosign_key.kid = cosign_release.project_kid AND cosign_key.state = 'active')
            ORDER BY sequence DESC LIMIT 100
            """, [project, stream, floor, now, type], read: record)
    }

    /// Resets a stream: removes the releases above a number, and lowers what devices were offered to it.
    static func takeBack(project: String, stream: String, to sequence: Int64, in db: Database) throws {
        try db.run(
            "DELETE FROM cosign_release WHERE project_id = ? AND stream = ? AND sequence > ?",
            [project, stream, sequence])
        try db.run(
            "UPDATE cosign_offer SET sequence = ? WHERE project_id = ? AND stream = ? AND sequence > ?",
            [sequence, project, stream, sequence])
    }

    /// Whether an approved release of a project covers a file for a type, signed by a key that is active.
    static func isCovered(
        project: String, type: String, sha256: String, size: Int64, in db: Database
    ) throws -> Bool {
        try db.value(
            """
            SELECT EXISTS (SELECT 1 FROM cosign_release
                JOIN cosign_key ON cosign_key.project_id = cosign_release.project_id
                    AND cosign_key.kid = cosign_release.project_kid
                JOIN cosign_release_type ON cosign_release_type.release_id = cosign_release.id
                WHERE cosign_release.sha256 = ? AND cosign_release.project_id = ? AND cosign_release.size = ?
                    AND cosign_release.state = 'approved' AND cosign_key.state = 'active'
                    AND cosign_release_type.device_type = ?)
            """, [sha256, project, size, type], as: Bool.self) ?? false
    }

    /// Whether an approved release that has not ended, signed by an active key, brings a file for a type.
    static func isFetchable(
        project: String, type: String, sha256: String, now: Int64, in db: Database
    ) throws -> Bool {
        try db.value(
            """
            SELECT EXISTS (SELECT 1 FROM cosign_release
                JOIN cosign_key ON cosign_key.project_id = cosign_release.project_id
                    AND cosign_key.kid = cosign_release.project_kid
                JOIN cosign_release_type ON cosign_release_type.release_id = cosign_release.id
                WHERE cosign_release.sha256 = ? AND cosign_release.project_id = ? AND cosign_release.ends_at > ?
                    AND cosign_release.state = 'approved' AND cosign_key.state = 'active'
                    AND cosign_release_type.device_type = ?)
            """, [sha256, project, now, type], as: Bool.self) ?? false
    }

    static func offered(_ device: String, project: String, stream: String, in db: Database) throws -> Int64 {
        try db.value(
            "SELECT sequence FROM cosign_offer WHERE device_id = ? AND project_id = ? AND stream = ?",
            [device, project, stream], as: Int64.self) ?? 0
    }

    static func setOffered(
        _ sequence: Int64, to device: String, project: String, stream: String, in db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO cosign_offer (device_id, project_id, stream, sequence) VALUES (?, ?, ?, ?)
            ON CONFLICT (device_id, project_id, stream) DO UPDATE SET sequence = excluded.sequence
            WHERE excluded.sequence > cosign_offer.sequence
            """, [device, project, stream, sequence])
    }

    private static func record(_ row: borrowing SQLColumns) -> ReleaseRecord {
        let state: String = row[10]
        return ReleaseRecord(
            id: row[0], projectID: row[1], stream: row[2], sequence: row[3], version: row[4], messageID: row[5],
            sha256: row[6], size: row[7], projectKey: row[8], endsAt: row[9],
            state: ReleaseState(rawValue: state) ?? .pending, uploadedBy: row[11], createdAt: row[12])
    }
}
