internal import Foundation
internal import PKI
internal import Store

/// An authority as the store remembers it; its key is in a file or a provider.
struct AuthorityRecord: Sendable {
    let generation: Int64
    let certificate: Certificate
    /// Its key signed by the authority before it, and that one's key signed by it.
    let crossCertificates: [Certificate]
    let createdAt: Int64
    let retiredAt: Int64?
}

/// SQL of the table `authority`.
enum AuthorityStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("issuing-0002-authority") { db in
            try db.script(
                """
                CREATE TABLE authority (
                    generation INTEGER PRIMARY KEY, der BLOB NOT NULL, cross_by_previous BLOB, cross_of_previous BLOB,
                    created_at INTEGER NOT NULL, retired_at INTEGER) STRICT;
                """)
        }
    }

    /// Newest first, those that were retired included.
    static func all(in db: Database) throws -> [AuthorityRecord] {
        try db.all(
            """
            SELECT generation, der, cross_by_previous, cross_of_previous, created_at, retired_at FROM authority
            ORDER BY generation DESC
            """
        ) { row in
            let crosses = [row[2] as [UInt8]?, row[3] as [UInt8]?]
            return AuthorityRecord(
                generation: row[0], certificate: try Certificate(der: row[1]),
                crossCertificates: try crosses.compactMap { try $0.map { try Certificate(der: $0) } },
                createdAt: row[4], retiredAt: row[5])
        }
    }

    static func insert(
        generation: Int64, certificate: Certificate, byPrevious: Certificate?, ofPrevious: Certificate?, at: Int64,
        in db: Database
    ) throws {
        try db.run(
            "INSERT INTO authority VALUES (?, ?, ?, ?, ?, NULL)",
            [
                generation, certificate.der, byPrevious?.der, ofPrevious?.der, at,
            ])
    }

    static func retire(_ generation: Int64, at: Int64, in db: Database) throws {
        try db.run("UPDATE authority SET retired_at = ? WHERE generation = ? AND retired_at IS NULL", [at, generation])
    }
}
