internal import CoSigning
internal import PKI
internal import Store

/// SQL of the table `cosign_key`: public keys by the project they belong to. A name is never used for another key, so
/// rows stay.
enum KeyStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0026-cosign-key") { db in
            try db.script(
                """
                CREATE TABLE cosign_key (
                    project_id TEXT NOT NULL REFERENCES cosign_project (id) ON DELETE CASCADE, kid TEXT NOT NULL,
                    role TEXT NOT NULL, spki BLOB NOT NULL, state TEXT NOT NULL, changed_at INTEGER NOT NULL,
                    changed_by TEXT NOT NULL, PRIMARY KEY (project_id, kid)) STRICT, WITHOUT ROWID;
                """)
        }
    }

    private static let columns = "project_id, kid, role, spki, state, changed_at, changed_by"

    static func insert(_ record: KeyRecord, in db: Database) throws {
        try db.run(
            "INSERT INTO cosign_key (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                record.projectID, record.key.kid.text, record.role.rawValue, record.key.key.spki,
                record.key.state.rawValue, record.changedAt, record.changedBy,
            ])
    }

    static func setState(
        _ state: KeyState, of kid: String, project: String, at now: Int64, by name: String, in db: Database
    ) throws {
        try db.run(
            "UPDATE cosign_key SET state = ?, changed_at = ?, changed_by = ? WHERE project_id = ? AND kid = ?",
            [state.rawValue, now, name, project, kid])
    }

    static func keys(of project: String, in db: Database) throws -> [KeyRecord] {
        try db.all(
            "SELECT \(columns) FROM cosign_key WHERE project_id = ? ORDER BY role, kid", [project], read: record
        ).compactMap { $0 }
    }

    static func find(_ kid: String, project: String, in db: Database) throws -> KeyRecord? {
        try db.first(
            "SELECT \(columns) FROM cosign_key WHERE project_id = ? AND kid = ?", [project, kid], read: record) ?? nil
    }

    /// A row that a damaged store made unreadable is left out, which refuses its key.
    private static func record(_ row: borrowing SQLColumns) -> KeyRecord? {
        let (kid, role, spki, state): (String, String, [UInt8], String) = (row[1], row[2], row[3], row[4])
        guard let kid = KeyID(kid), let role = KeyRecord.Role(rawValue: role), let key = try? PublicKey(spki: spki)
        else { return nil }
        return KeyRecord(
            projectID: row[0], role: role,
            key: RegisteredKey(kid: kid, key: key, state: KeyState(rawValue: state) ?? .revoked), changedAt: row[5],
            changedBy: row[6])
    }
}
