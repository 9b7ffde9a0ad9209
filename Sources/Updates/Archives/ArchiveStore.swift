internal import Foundation
internal import Store

/// SQL of the table `archive`: which artifacts are offered as archives, and to whom.
enum ArchiveStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("updates-0006-archive") { db in
            try db.script(
                """
                CREATE TABLE archive (
                    artifact_id TEXT PRIMARY KEY REFERENCES artifact (id), number INTEGER NOT NULL UNIQUE,
                    target TEXT NOT NULL, added_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                """)
        }
    }

    /// All of them, the newest first.
    static func all(in db: Database) throws -> [Archive] {
        let rows = try db.all(
            "SELECT artifact_id, number, target, added_at FROM archive ORDER BY number DESC", []
        ) { row -> Row? in
            let text: String = row[2]
            return Row(
                artifactID: row[0], number: row[1],
                target: try JSONDecoder().decode(Archive.Target.self, from: Data(text.utf8)), addedAt: row[3])
        }
        return try rows.compactMap { row in
            try ArtifactStore.find(row.artifactID, in: db).map { artifact in
                Archive(number: row.number, artifact: artifact, target: row.target, addedAt: row.addedAt)
            }
        }
    }

    /// The number of the next one.
    static func nextNumber(in db: Database) throws -> Int64 {
        try db.value("SELECT coalesce(max(number), 0) + 1 FROM archive", as: Int64.self) ?? 1
    }

    static func save(_ archive: Archive, in db: Database) throws {
        let target = String(decoding: try JSONEncoder().encode(archive.target), as: UTF8.self)
        try db.run(
            """
            INSERT INTO archive (artifact_id, number, target, added_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (artifact_id) DO UPDATE SET number = excluded.number, target = excluded.target,
                added_at = excluded.added_at
            """, [archive.artifact.id, archive.number, target, archive.addedAt])
    }

    /// Whether an artifact is offered.
    static func isOffered(artifact: String, in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM archive WHERE artifact_id = ?)", [artifact], as: Bool.self) ?? false
    }

    static func remove(artifact: String, in db: Database) throws {
        try db.run("DELETE FROM archive WHERE artifact_id = ?", [artifact])
    }

    private struct Row {
        let artifactID: String
        let number: Int64
        let target: Archive.Target
        let addedAt: Int64
    }
}
