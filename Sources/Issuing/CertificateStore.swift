internal import Foundation
internal import GRDB
internal import PKI

/// A certificate the hub issued, as the store keeps it.
package struct CertificateRecord: Sendable, Equatable {
    /// Lower-case hexadecimal.
    package let serial: String
    /// Common name: device ID, user, host.
    package let commonName: String
    /// Role.
    package let ou: String
    /// Unix seconds.
    package let notBefore: Int64
    /// Unix seconds.
    package let notAfter: Int64
    /// When it was issued, Unix seconds.
    package let issuedAt: Int64
    /// When it was taken back, `nil` when it counts.
    package let revokedAt: Int64?
    /// The certificate.
    package let der: [UInt8]
}

/// SQL of the table `certificate`.
enum CertificateStore {
    static func addMigrations(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("issuing-0001-certificate") { db in
            try db.execute(
                sql: """
                    CREATE TABLE certificate (
                        id INTEGER PRIMARY KEY, serial TEXT NOT NULL UNIQUE, common_name TEXT NOT NULL, ou TEXT NOT NULL,
                        not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, issued_at INTEGER NOT NULL,
                        revoked_at INTEGER, der BLOB NOT NULL) STRICT;
                    CREATE INDEX certificate_common_name ON certificate (common_name);
                    """)
        }
    }

    private static let columns = "serial, common_name, ou, not_before, not_after, issued_at, revoked_at, der"

    /// Throws `DatabaseError` with `SQLITE_CONSTRAINT` when the serial is taken.
    static func insert(_ certificate: Certificate, ou: String, at: Int64, in db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO certificate (\(columns)) VALUES (?, ?, ?, ?, ?, ?, NULL, ?)"
        ).execute(arguments: [
            certificate.serial.description, certificate.subject.commonName, ou, certificate.notBefore,
            certificate.notAfter, at, Data(certificate.der),
        ])
    }

    static func find(serial: String, in db: Database) throws -> CertificateRecord? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(columns) FROM certificate WHERE serial = ?"), arguments: [serial]
        ).map(record)
    }

    static func newest(commonName: String, ou: String, in db: Database) throws -> CertificateRecord? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT \(columns) FROM certificate WHERE common_name = ? AND ou = ? AND revoked_at IS NULL
                ORDER BY id DESC LIMIT 1
                """, arguments: [commonName, ou]
        ).map(record)
    }

    /// Newest first, optionally of one common name; `before` is the row to go on below.
    static func page(
        commonName: String?, before: Int64, limit: Int, in db: Database
    ) throws -> [(id: Int64, record: CertificateRecord)] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(columns), id FROM certificate WHERE id < ?1 AND (?2 IS NULL OR common_name = ?2)
                ORDER BY id DESC LIMIT ?3
                """, arguments: [before, commonName, limit]
        ).map { row in (row["id"], record(row)) }
    }

    static func count(in db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM certificate") ?? 0
    }

    private static func record(_ row: Row) -> CertificateRecord {
        CertificateRecord(
            serial: row[0], commonName: row[1], ou: row[2], notBefore: row[3], notAfter: row[4], issuedAt: row[5],
            revokedAt: row[6], der: [UInt8](row[7] as Data))
    }
}
