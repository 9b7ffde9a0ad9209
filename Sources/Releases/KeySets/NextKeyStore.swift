internal import CoSigning
internal import PKI
internal import Store

/// SQL of the table `cosign_next_key`: the key that follows a co-signer's, until a key set makes it the present one.
enum NextKeyStore {
    /// A row.
    struct Record: Sendable {
        let key: VerificationKey
        /// PKCS#11 URI; `nil` for a key that is sealed here.
        let uri: String?
        let sealed: [UInt8]?
    }

    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0030-cosign-next-key") { db in
            try db.script(
                """
                CREATE TABLE cosign_next_key (
                    project_id TEXT PRIMARY KEY REFERENCES cosign_project (id) ON DELETE CASCADE, kid TEXT NOT NULL,
                    spki BLOB NOT NULL, uri TEXT, sealed BLOB) STRICT, WITHOUT ROWID;
                """)
        }
    }

    static func set(_ record: Record, project: String, in db: Database) throws {
        try db.run("DELETE FROM cosign_next_key WHERE project_id = ?", [project])
        try db.run(
            "INSERT INTO cosign_next_key (project_id, kid, spki, uri, sealed) VALUES (?, ?, ?, ?, ?)",
            [project, record.key.kid.text, record.key.key.spki, record.uri, record.sealed])
    }

    static func find(project: String, in db: Database) throws -> Record? {
        let row = try db.first(
            "SELECT kid, spki, uri, sealed FROM cosign_next_key WHERE project_id = ?", [project]
        ) { row -> (String, [UInt8], String?, [UInt8]?) in (row[0], row[1], row[2], row[3]) }
        guard let (kid, spki, uri, sealed) = row, let kid = KeyID(kid), let key = try? PublicKey(spki: spki),
            let known = VerificationKey(kid: kid, key: key)
        else { return nil }
        return Record(key: known, uri: uri, sealed: sealed)
    }

    /// Makes it the present one.
    static func promote(project: String, in db: Database) throws {
        guard let next = try find(project: project, in: db) else { return }
        try db.run(
            "UPDATE cosign_project SET cosigner_kid = ?, cosigner_uri = ?, cosigner_key = ? WHERE id = ?",
            [next.key.kid.text, next.uri, next.sealed, project])
        try db.run("DELETE FROM cosign_next_key WHERE project_id = ?", [project])
    }
}
