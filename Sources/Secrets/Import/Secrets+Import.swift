internal import GRDB
internal import PKI
internal import Store

extension Secrets {
    /// A secret's form at rest, for a device ID that is still bytes.
    func sealAnonymously(_ secret: [UInt8], deviceID: [UInt8]) -> [UInt8] {
        secretKey.seal(secret, context: deviceID)
    }

    /// The reverse of ``sealAnonymously(_:deviceID:)``.
    func openAnonymously(_ sealed: [UInt8], deviceID: [UInt8]) throws -> [UInt8] {
        try secretKey.open(sealed, context: deviceID)
    }

    /// Clears away what interrupted imports left: rows nobody ever saw. Called at the start, when no import runs.
    ///
    /// - Returns: the numbers of those imports.
    @discardableResult
    package func clearUnfinishedImports() async throws -> [Int64] {
        let batches = try await store.read { db in try Int64.fetchAll(db, sql: "SELECT id FROM unfinished_import") }
        for batch in batches { try await clearBatch(batch) }
        return batches
    }

    /// Removes the rows of a batch in the order of the table, a thousand at a time, then its mark.
    func clearBatch(_ batch: Int64) async throws {
        var after = ""
        while true {
            let last: String? = try await store.write { [after] db in
                let ids = try String.fetchAll(
                    db,
                    sql: "SELECT device_id FROM secret WHERE device_id > ? AND batch = ? ORDER BY device_id LIMIT 1000",
                    arguments: [after, batch])
                guard let last = ids.last else { return nil }
                try db.execute(
                    sql: "DELETE FROM secret WHERE batch = ? AND device_id > ? AND device_id <= ?",
                    arguments: [batch, after, last])
                return last
            }
            guard let last else { break }
            after = last
        }
        try await store.write { db in
            try db.execute(sql: "DELETE FROM unfinished_import WHERE id = ?", arguments: [batch])
        }
    }
}
