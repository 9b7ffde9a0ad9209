internal import PKI
internal import Store

extension Secrets {
    /// A secret's form at rest, for a device ID in UTF-8.
    func seal(_ secret: [UInt8], idBytes: [UInt8]) -> [UInt8] {
        secretKey.seal(secret, context: idBytes)
    }

    /// The reverse of ``seal(_:idBytes:)``.
    func open(_ sealed: [UInt8], idBytes: [UInt8]) throws -> [UInt8] {
        try secretKey.open(sealed, context: idBytes)
    }

    /// Clears away what interrupted imports left: rows nobody ever saw. Called at the start, when no import runs.
    ///
    /// - Returns: the numbers of those imports.
    @discardableResult
    package func clearUnfinishedImports() async throws -> [Int64] {
        let batches = try await store.read { db in try ImportStore.unfinished(in: db) }
        for batch in batches { try await clearBatch(batch) }
        return batches
    }

    /// Removes the rows of a batch in the order of the table, a thousand at a time, then its mark.
    func clearBatch(_ batch: Int64) async throws {
        var after = ""
        while true {
            let last = try await store.write { [after] db in
                try ImportStore.removeRows(ofBatch: batch, after: after, limit: 1000, in: db)
            }
            guard let last else { break }
            after = last
        }
        try await store.write { db in try ImportStore.end(batch, in: db) }
    }
}
