internal import Foundation
package import PKI
internal import Store

/// A certificate the hub issued, as the store keeps it.
package struct CertificateRecord: Sendable, Equatable {
    /// Lower-case hexadecimal.
    package let serial: String
    /// Common name: device ID, user, host.
    package let commonName: String
    package let ou: String
    /// Unix seconds.
    package let notBefore: Int64
    /// Unix seconds.
    package let notAfter: Int64
    /// When it was issued, Unix seconds.
    package let issuedAt: Int64
    /// When it was revoked, `nil` while it is valid.
    package let revokedAt: Int64?
    /// Why it was revoked.
    package let reason: RevocationReason?
    /// Number of the authority that signed it.
    package let authority: Int64
    package let der: [UInt8]
}

/// SQL of the table `certificate`.
enum CertificateStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("issuing-0001-certificate") { db in
            try db.script(
                """
                CREATE TABLE certificate (
                    id INTEGER PRIMARY KEY, serial TEXT NOT NULL UNIQUE, common_name TEXT NOT NULL, ou TEXT NOT NULL,
                    not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, issued_at INTEGER NOT NULL,
                    revoked_at INTEGER, der BLOB NOT NULL) STRICT;
                CREATE INDEX certificate_common_name ON certificate (common_name);
                """)
        }
        migrator.register("issuing-0003-revocation") { db in
            try db.script(
                """
                ALTER TABLE certificate ADD COLUMN reason INTEGER;
                ALTER TABLE certificate ADD COLUMN authority INTEGER NOT NULL DEFAULT 1;
                ALTER TABLE certificate ADD COLUMN device_id TEXT;
                UPDATE certificate SET device_id = common_name WHERE ou = 'iotdevice';
                CREATE INDEX certificate_device ON certificate (device_id) WHERE device_id IS NOT NULL;
                CREATE INDEX certificate_revoked ON certificate (not_after) WHERE revoked_at IS NOT NULL;
                CREATE INDEX certificate_not_after ON certificate (not_after);
                """)
        }
        migrator.register("issuing-0004-tunnel-token") { db in
            try db.script(
                """
                ALTER TABLE certificate ADD COLUMN tunnel_token TEXT;
                CREATE INDEX certificate_tunnel_token ON certificate (tunnel_token) WHERE tunnel_token IS NOT NULL;
                """)
        }
        migrator.register("issuing-0005-learned") { db in
            try db.script(
                """
                ALTER TABLE certificate ADD COLUMN is_learned INTEGER NOT NULL DEFAULT 0;
                CREATE INDEX certificate_learned ON certificate (is_learned) WHERE is_learned = 1;
                """)
        }
        addUnknownMigration(to: &migrator)
    }

    private static func addUnknownMigration(to migrator: inout MigrationList) {
        migrator.register("issuing-0006-unknown") { db in
            try db.script(
                """
                CREATE INDEX certificate_unknown ON certificate (authority)
                    WHERE is_learned = 1 AND authority = \(anyAuthority);
                """)
        }
    }

    private static let columns = """
        serial, common_name, ou, not_before, not_after, issued_at, revoked_at, reason, authority, der
        """

    /// Throws `StoreError.constraint` when the serial is taken.
    ///
    /// - Parameters:
    ///   - deviceID: the device that enrolled with it; `nil` for people and servers.
    ///   - tunnelToken: number of the token whose way through a tunnel it is for, and with which it ends.
    static func insert(
        _ certificate: Certificate, ou: String, authority: Int64, deviceID: String? = nil, tunnelToken: String? = nil,
        at: Int64, in db: Database
    ) throws {
        try db.run(
            insertSQL,
            [
                .string(certificate.serial.description), .string(certificate.subject.commonName), .string(ou),
                .integer(certificate.notBefore), .integer(certificate.notAfter), .integer(at), .integer(authority),
                .bytes(certificate.der), .string(orNull: deviceID), .string(orNull: tunnelToken),
            ])
    }

    private static let insertSQL =
        "INSERT INTO certificate (\(columns), device_id, tunnel_token) VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?, ?)"

    /// Number of the authority in the row of a serial that was revoked although nobody knows its certificate: any of
    /// them may have signed it.
    static let anyAuthority: Int64 = 0

    /// How many certificates are kept that the hub did not write down when it signed them; serials without their
    /// certificate are left out.
    static func learnedCount(in db: Database) throws -> Int {
        let sql = "SELECT count(*) FROM certificate WHERE is_learned = 1"
        return try (db.value(sql, as: Int.self) ?? 0) - unknownCount(in: db)
    }

    /// How many serials are kept whose certificates nobody knows.
    static func unknownCount(in db: Database) throws -> Int {
        let sql = """
            SELECT count(*) FROM certificate
            WHERE is_learned = 1 AND authority = \(anyAuthority)
            """
        return try db.value(sql, as: Int.self) ?? 0
    }

    /// Keeps a certificate that was signed by an authority of the site and is not known; what was decided about its
    /// serial stays.
    static func learn(
        _ certificate: Certificate, ou: String, authority: Int64, deviceID: String?, at: Int64, in db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO certificate (\(columns), device_id, is_learned) VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?, 1)
            ON CONFLICT (serial) DO UPDATE SET common_name = excluded.common_name, ou = excluded.ou,
                not_before = excluded.not_before, not_after = excluded.not_after, authority = excluded.authority,
                der = excluded.der, device_id = excluded.device_id WHERE certificate.authority = \(anyAuthority)
            """,
            [
                certificate.serial.description, certificate.subject.commonName, ou, certificate.notBefore,
                certificate.notAfter, at, authority, certificate.der, deviceID,
            ])
    }

    /// Keeps a serial whose certificate nobody knows, so that it can be revoked.
    static func insertUnknown(_ serial: Serial, notAfter: Int64, at: Int64, in db: Database) throws {
        try db.run(
            """
            INSERT INTO certificate (\(columns), is_learned) VALUES (?, '', '', ?, ?, ?, NULL, NULL, \(anyAuthority), ?, 1)
            """, [serial.description, at, notAfter, at, [UInt8]()])
    }

    /// Forgets a serial whose certificate nobody knows.
    static func removeUnknown(_ serial: String, in db: Database) throws {
        try db.run("DELETE FROM certificate WHERE serial = ? AND authority = \(anyAuthority)", [serial])
    }

    static func find(serial: String, in db: Database) throws -> CertificateRecord? {
        try db.first("SELECT \(columns) FROM certificate WHERE serial = ?", [serial], read: record)
    }

    /// What OCSP says of a certificate, without reading the certificate itself.
    static func status(serial: String, in db: Database) throws -> (authority: Int64, status: OCSPStatus)? {
        try db.first(
            "SELECT authority, revoked_at, reason FROM certificate WHERE serial = ?", [.string(serial)]
        ) { columns in
            guard let at = columns.optionalInteger(1) else { return (columns.integer(0), .good) }
            let reason = columns.optionalInteger(2).flatMap(RevocationReason.init(rawValue:)) ?? .unspecified
            return (columns.integer(0), .revoked(at: at, reason: reason))
        }
    }

    static func newest(commonName: String, ou: String, in db: Database) throws -> CertificateRecord? {
        try db.first(
            """
            SELECT \(columns) FROM certificate WHERE common_name = ? AND ou = ? AND revoked_at IS NULL
            ORDER BY id DESC LIMIT 1
            """, [commonName, ou], read: record)
    }

    /// The certificate that was made last for a device, whatever became of it, as DER.
    static func newest(deviceID: String, in db: Database) throws -> [UInt8]? {
        try db.value(
            "SELECT der FROM certificate WHERE device_id = ? ORDER BY id DESC LIMIT 1", [deviceID], as: [UInt8].self)
    }

    /// Certificates a device enrolled with, in whatever role, that may still be valid, whatever was decided about them.
    static func unexpired(deviceID: String, since: Int64, in db: Database) throws -> [CertificateRecord] {
        try db.all(
            "SELECT \(columns) FROM certificate WHERE device_id = ? AND not_after >= ? ORDER BY id", [deviceID, since],
            read: record)
    }

    /// Certificates made for the way through a tunnel with one of these tokens, as long as they may count.
    static func unexpired(tunnelTokens: [String], now: Int64, in db: Database) throws -> [CertificateRecord] {
        try tunnelTokens.flatMap { token in
            try db.all(
                "SELECT \(columns) FROM certificate WHERE tunnel_token = ? AND not_after >= ?", [token, now],
                read: record)
        }
    }

    /// Certificates under an authority that have not ended.
    static func unexpired(authority: Int64, now: Int64, in db: Database) throws -> [CertificateRecord] {
        try db.all(
            "SELECT \(columns) FROM certificate WHERE authority = ? AND not_after >= ? AND revoked_at IS NULL",
            [authority, now], read: record)
    }

    /// Newest first, optionally of one common name; `before` is the row to go on below.
    static func page(
        commonName: String?, before: Int64, limit: Int, in db: Database
    ) throws -> [(id: Int64, record: CertificateRecord)] {
        try db.all(
            """
            SELECT \(columns), id FROM certificate WHERE id < ?1 AND (?2 IS NULL OR common_name = ?2)
            ORDER BY id DESC LIMIT ?3
            """, [before, commonName, limit]
        ) { row in (row[10], record(row)) }
    }

    /// Names that certificates bear which are not a device's, and which are valid or on hold: of one name or of all.
    static func otherRoles(
        bearing name: String?, now: Int64, in db: Database
    ) throws -> [(name: String, ou: String)] {
        let condition = """
            \(name == nil ? "common_name <> ''" : "common_name = ?2") AND ou <> 'iotdevice'
            AND device_id IS NULL AND tunnel_token IS NULL AND not_after >= ?1
            AND (revoked_at IS NULL OR reason = \(RevocationReason.certificateHold.rawValue))
            """
        return try db.all(
            "SELECT common_name, ou FROM certificate WHERE \(condition)", [now] + (name.map { [$0] } ?? [])
        ) { row in (row[0], row[1]) }
    }

    static func count(in db: Database) throws -> Int {
        try db.value("SELECT count(*) FROM certificate", as: Int.self) ?? 0
    }

    /// Revokes a certificate, or, with `nil`, lifts that.
    static func setRevoked(
        _ serial: String, _ revocation: (at: Int64, reason: RevocationReason)?, in db: Database
    ) throws {
        try db.run(
            "UPDATE certificate SET revoked_at = ?, reason = ? WHERE serial = ?",
            [revocation?.at, revocation?.reason.rawValue, serial])
    }

    /// Those revoked that ended at `since` or later, oldest end first; of one authority or of all.
    static func revoked(since: Int64, authority: Int64?, in db: Database) throws -> [RevokedEntry] {
        try db.all(
            """
            SELECT serial, revoked_at, reason FROM certificate
            WHERE revoked_at IS NOT NULL AND not_after >= ?1
                AND (?2 IS NULL OR authority = ?2 OR authority = \(anyAuthority)) ORDER BY not_after
            """, [since, authority]
        ) { row in
            guard let serial = Serial(hex: row[0]) else { return nil }
            let reason = (row[2] as Int64?).flatMap(RevocationReason.init(rawValue:)) ?? .unspecified
            return RevokedEntry(serial: serial, at: row[1], reason: reason)
        }
    }

    /// When the last certificate of an authority ends, Unix seconds; `nil` when there is none. The hub's own do not
    /// count: it replaces them itself.
    static func lastEnd(authority: Int64, in db: Database) throws -> Int64? {
        try db.value(
            """
            SELECT max(not_after) FROM certificate WHERE authority = ? AND revoked_at IS NULL
                AND ou NOT IN ('server', 'ocsp') AND NOT (ou = 'admin' AND common_name = ?)
            """, [authority, AdminCertificate.commonName], as: Int64.self)
    }

    /// Removes up to `limit` certificates that ended as long ago as they lived, but at least an hour and at most 90
    /// days; answers how many. Short-lived certificates would otherwise fill the disk. One that was revoked must be
    /// told from others until it has ended for certain, whatever the clock says.
    static func removeEnded(slow: Int64, slowest: Int64, limit: Int, in db: Database) throws -> Int {
        try db.run(
            """
            DELETE FROM certificate WHERE id IN (
                SELECT id FROM certificate WHERE not_after < ?1 - 3600
                    AND not_after + CASE WHEN not_after - not_before < 3600 THEN 3600
                        WHEN not_after - not_before > 7776000 THEN 7776000 ELSE not_after - not_before END
                        < CASE WHEN revoked_at IS NULL THEN ?1 ELSE ?2 END
                LIMIT ?3)
            """, [slow, slowest, limit])
    }

    private static func record(_ row: borrowing SQLColumns) -> CertificateRecord {
        CertificateRecord(
            serial: row[0], commonName: row[1], ou: row[2], notBefore: row[3], notAfter: row[4], issuedAt: row[5],
            revokedAt: row[6], reason: (row[7] as Int64?).flatMap(RevocationReason.init(rawValue:)), authority: row[8],
            der: row[9])
    }
}
