internal import Foundation
internal import GRDB
internal import GRDBSQLite
internal import PKI

/// Inserts one sorted chunk of an import into its invisible batch.
///
/// Repeatable, as every write must be: it starts by nothing and ends by its transaction. Bulk rows are bound and stepped through
/// SQLite's own interface, since GRDB's arguments cost as much as the insertion itself.
struct SecretStager: Sendable {
    struct Outcome: Sendable {
        var added = 0
        var replaced = 0
        var unchanged = 0
        /// Places in the chunk of devices that an earlier run of this import holds.
        var duplicates: [Int] = []
        /// Places of devices that are provisioned with another secret.
        var provisioned: [Int] = []
    }

    let registry: Registry
    let batch: Int64
    /// False when the table held nothing as the import began: then there is nothing to compare with.
    let comparesWithOthers: Bool
    let replacesProvisioned: Bool

    func insert(_ chunk: [StagedSecret], in db: Database) throws -> Outcome {
        guard let first = chunk.first, let last = chunk.last else { return Outcome() }
        let known = comparesWithOthers ? try secrets(from: first, to: last, in: db) : [:]
        let provisioned = replacesProvisioned ? [] : try approved(from: first, to: last, in: db)
        let inserter = try RowInserter(db)
        var outcome = Outcome()
        for (place, secret) in chunk.enumerated() {
            let before = known[secret.deviceID]
            if let before, isSame(before, secret) {
                outcome.unchanged += 1
            } else if provisioned.contains(secret.deviceID) {
                outcome.provisioned.append(place)
            } else if try !inserter.insert(secret, batch: batch) {
                outcome.duplicates.append(place)
            } else if before == nil {
                outcome.added += 1
            } else {
                outcome.replaced += 1
            }
        }
        return outcome
    }

    private struct Known {
        let sealed: [UInt8]
        let validUntil: Int64
    }

    /// Whether a row changes nothing: the same secret, and the same end where the file names one.
    private func isSame(_ known: Known, _ secret: StagedSecret) -> Bool {
        guard !secret.hasOwnEnd || known.validUntil == secret.validUntil else { return false }
        guard let value = try? registry.openAnonymously(known.sealed, deviceID: secret.deviceID) else { return false }
        return constantTimeEqual(value, secret.secret)
    }

    /// Visible secrets in the chunk's range; the newest of a device comes last and stays.
    private func secrets(from first: StagedSecret, to last: StagedSecret, in db: Database) throws -> [[UInt8]: Known] {
        var known: [[UInt8]: Known] = [:]
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT CAST(device_id AS BLOB), sealed, valid_until FROM secret
                    WHERE device_id BETWEEN ? AND ? AND batch <> ? AND \(SecretStore.visible) ORDER BY device_id, batch
                    """), arguments: [text(first), text(last), batch])
        while let row = try rows.next() {
            known[[UInt8](row[0] as Data)] = Known(sealed: [UInt8](row[1] as Data), validUntil: row[2])
        }
        return known
    }

    private func approved(from first: StagedSecret, to last: StagedSecret, in db: Database) throws -> Set<[UInt8]> {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: "SELECT CAST(id AS BLOB) FROM device WHERE id BETWEEN ? AND ? AND state = 'approved'"),
            arguments: [text(first), text(last)])
        var approved: Set<[UInt8]> = []
        while let row = try rows.next() { approved.insert([UInt8](row[0] as Data)) }
        return approved
    }

    private func text(_ secret: StagedSecret) -> String { String(decoding: secret.deviceID, as: UTF8.self) }
}

/// Inserts rows into `secret` through one prepared statement that GRDB keeps.
@safe struct RowInserter {
    private let statement: Statement

    init(_ db: Database) throws {
        statement = try db.cachedStatement(
            sql: """
                INSERT INTO secret (device_id, batch, sealed, valid_until, ou, device_type, pairing, tags, note)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1
                """)
    }

    /// Inserts a row; false when the device stands in the batch already.
    ///
    /// - Throws: `DatabaseError`, so that a full disk is told from a duplicate.
    func insert(_ secret: StagedSecret, batch: Int64) throws -> Bool {
        let raw = unsafe statement.sqliteStatement
        unsafe sqlite3_reset(raw)
        unsafe bind(raw, 1, text: secret.deviceID)
        unsafe sqlite3_bind_int64(raw, 2, batch)
        unsafe secret.sealed.withUnsafeBytes { bytes in
            _ = unsafe sqlite3_bind_blob(raw, 3, bytes.baseAddress, Int32(bytes.count), transient)
        }
        unsafe sqlite3_bind_int64(raw, 4, secret.validUntil)
        let extra = secret.extra
        for (place, value) in [extra?.ou, extra?.deviceType, extra?.pairing, extra?.tags, extra?.note].enumerated() {
            let index = Int32(5 + place)
            if let value {
                unsafe bind(raw, index, text: Array(value.utf8))
            } else {
                unsafe sqlite3_bind_null(raw, index)
            }
        }
        let code = unsafe sqlite3_step(raw)
        unsafe sqlite3_reset(raw)
        guard code == SQLITE_ROW || code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
        return code == SQLITE_ROW
    }

    /// SQLite copies what is bound, since the arrays do not outlive the call.
    private var transient: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private func bind(_ raw: OpaquePointer, _ index: Int32, text: [UInt8]) {
        unsafe text.withUnsafeBytes { bytes in
            _ = unsafe sqlite3_bind_text(
                raw, index, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), transient)
        }
    }
}
