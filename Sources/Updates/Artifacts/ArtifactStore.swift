internal import Foundation
internal import Store

/// SQL of the tables `artifact` and `release`.
enum ArtifactStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("updates-0001-artifact") { db in
            try db.script(
                """
                CREATE TABLE artifact (
                    id TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
                    modified_at INTEGER NOT NULL, content TEXT NOT NULL) STRICT, WITHOUT ROWID;
                CREATE INDEX artifact_name ON artifact (name);
                CREATE INDEX artifact_file ON artifact (sha256);
                CREATE TABLE release (
                    name TEXT PRIMARY KEY, notes TEXT NOT NULL, tags TEXT NOT NULL) STRICT, WITHOUT ROWID;
                """)
        }
    }

    static func insert(_ artifact: StoredArtifact, in db: Database) throws {
        try db.run(
            "INSERT INTO artifact VALUES (?, ?, ?, ?, ?, ?)",
            [
                artifact.id, artifact.name, artifact.sha256, artifact.size, artifact.modifiedAt, try encode(artifact),
            ])
    }

    static func update(_ artifact: StoredArtifact, in db: Database) throws {
        try db.run(
            "UPDATE artifact SET modified_at = ?, content = ? WHERE id = ?",
            [artifact.modifiedAt, try encode(artifact), artifact.id])
    }

    static func find(_ id: String, in db: Database) throws -> StoredArtifact? {
        try db.value("SELECT content FROM artifact WHERE id = ?", [id], as: String.self).map(decode)
    }

    static func find(sha256: String, in db: Database) throws -> StoredArtifact? {
        try db.value("SELECT content FROM artifact WHERE sha256 = ? LIMIT 1", [sha256], as: String.self).map(decode)
    }

    static func named(_ name: String, in db: Database) throws -> [StoredArtifact] {
        try db.values("SELECT content FROM artifact WHERE name = ? ORDER BY modified_at, id", [name], as: String.self)
            .map(decode)
    }

    static func all(in db: Database) throws -> [StoredArtifact] {
        try db.values("SELECT content FROM artifact ORDER BY name, modified_at, id", as: String.self).map(decode)
    }

    static func remove(_ id: String, in db: Database) throws {
        try db.run("DELETE FROM artifact WHERE id = ?", [id])
    }

    /// Whether some artifact has these bytes.
    static func isKept(sha256: String, in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM artifact WHERE sha256 = ?)", [sha256], as: Bool.self) ?? true
    }

    /// Bytes of all files.
    static func totalSize(in db: Database) throws -> Int64 {
        try db.value(
            "SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT sha256, size FROM artifact) AS file", as: Int64.self)
            ?? 0
    }

    static func notes(in db: Database) throws -> [String: ReleaseNotes] {
        var notes: [String: ReleaseNotes] = [:]
        try db.each("SELECT name, notes, tags FROM release") { row in
            let tags = try JSONDecoder().decode([String].self, from: Data((row[2] as String).utf8))
            notes[row[0]] = ReleaseNotes(notes: row[1], tags: tags)
            return true
        }
        return notes
    }

    static func setNotes(_ notes: ReleaseNotes, of name: String, in db: Database) throws {
        let tags = String(decoding: try JSONEncoder().encode(notes.tags), as: UTF8.self)
        try db.run(
            "INSERT INTO release VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET notes = ?2, tags = ?3",
            [name, notes.notes, tags])
    }

    /// Forgets notes of releases that have no artifact.
    static func removeEmptyReleases(in db: Database) throws {
        try db.run("DELETE FROM release WHERE name NOT IN (SELECT name FROM artifact)")
    }

    private static func encode(_ artifact: StoredArtifact) throws -> String {
        String(decoding: try JSONEncoder().encode(artifact), as: UTF8.self)
    }

    private static func decode(_ text: String) throws -> StoredArtifact {
        try JSONDecoder().decode(StoredArtifact.self, from: Data(text.utf8))
    }
}
