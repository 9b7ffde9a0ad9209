internal import Journal
internal import Store

/// When the store was put back from a backup, Unix seconds: until some time after that nobody knows which tokens and
/// messages were used.
enum RestoreMark {
    private static let name = "cosignRestoredAt"

    static func value(in db: Database) throws -> Int64 {
        guard let bytes = try Settings.value(name, in: db) else { return 0 }
        return Int64(String(decoding: bytes, as: UTF8.self)) ?? 0
    }

    static func set(_ moment: Int64, in db: Database) throws {
        try Settings.set(name, to: Array("\(moment)".utf8), in: db)
    }
}

extension Releases {
    /// Notes that the store was put back: co-signing waits until an operator has looked at each project.
    package func noteRestore() async throws {
        try await store.write { [now, journal] db in
            guard try ProjectStore.hasAny(in: db) else { return }
            try RestoreMark.set(now(), in: db)
            try ProjectStore.suspendAll(in: db)
            try journal.audit("cosign.suspend", "all projects", by: .hub, detail: ["reason": "restore"], in: db)
        }
    }
}
