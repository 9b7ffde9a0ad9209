internal import PKI
internal import Store

/// The file of a store, changed behind the back of whoever has it open.
package enum StoreFile {
    /// Runs statements without parameters in a transaction.
    package static func run(_ script: String, at path: String) async throws {
        let store = try Store(path: path, sealingKey: .random(), migrations: [])
        defer { try? store.close() }
        try await store.write { db in try db.script(script) }
    }
}
