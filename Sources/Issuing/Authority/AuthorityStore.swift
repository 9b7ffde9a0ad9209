internal import Foundation
internal import GRDB
internal import PKI

/// An authority as the store remembers it; its key stands in a file or a provider.
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
    static func addMigrations(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("issuing-0002-authority") { db in
            try db.execute(
                sql: """
                    CREATE TABLE authority (
                        generation INTEGER PRIMARY KEY, der BLOB NOT NULL, cross_by_previous BLOB, cross_of_previous BLOB,
                        created_at INTEGER NOT NULL, retired_at INTEGER) STRICT;
                    """)
        }
    }

    /// Newest first, those that were retired included.
    static func all(in db: Database) throws -> [AuthorityRecord] {
        try Row.fetchAll(db, sql: "SELECT * FROM authority ORDER BY generation DESC").map { row in
            let crosses = [row["cross_by_previous"] as Data?, row["cross_of_previous"] as Data?]
            return AuthorityRecord(
                generation: row["generation"], certificate: try Certificate(der: [UInt8](row["der"] as Data)),
                crossCertificates: try crosses.compactMap { try $0.map { try Certificate(der: [UInt8]($0)) } },
                createdAt: row["created_at"], retiredAt: row["retired_at"])
        }
    }

    static func insert(
        generation: Int64, certificate: Certificate, byPrevious: Certificate?, ofPrevious: Certificate?, at: Int64,
        in db: Database
    ) throws {
        try db.execute(
            sql: "INSERT INTO authority VALUES (?, ?, ?, ?, ?, NULL)",
            arguments: [
                generation, Data(certificate.der), byPrevious.map { Data($0.der) }, ofPrevious.map { Data($0.der) }, at,
            ])
    }

    static func retire(_ generation: Int64, at: Int64, in db: Database) throws {
        try db.execute(
            sql: "UPDATE authority SET retired_at = ? WHERE generation = ? AND retired_at IS NULL",
            arguments: [at, generation])
    }
}
