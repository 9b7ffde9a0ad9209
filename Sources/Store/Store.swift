internal import CSQLite
internal import Dispatch
internal import GRDB
package import PKI

/// The hub's database: one SQLite file in WAL mode with `synchronous=FULL`.
///
/// One connection writes (see ``GroupCommit``), several read beside it, so a read never waits for a write. Nothing
/// above this module opens the file; tables belong to the modules that contribute migrations.
package final class Store: Sendable {
    private let pool: DatabasePool
    private let groupCommit: GroupCommit
    private let lookUps: LookUpConnections
    /// What writes need not look for.
    package let absences = KnownAbsences()
    private let changes = TableChanges()
    /// Key (docs/manual.md, "Files") that encrypts secrets at rest; modules derive their own from it.
    package let sealingKey: SealingKey
    /// Copy of the store as it was before this start changed it; `nil` when it did not.
    package let upgradedFrom: String?

    /// Once, before SQLite starts: it counts the memory it takes under a lock of the whole process, and nobody reads
    /// that.
    private static let isWithoutMemoryStatistics = sqlite3_config_memory_statistics(0) == SQLITE_OK

    /// Opens or creates the database and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - path: file of the database; its folder must exist.
    ///   - sealingKey: 32-byte key for everything that is encrypted at rest.
    ///   - migrations: lists of migrations, in the order of the modules' dependencies.
    ///   - release: version of the hub, under which a copy of an existing store is kept before it is changed; `nil` for
    ///     no copy.
    ///   - willCopy: told the bytes of an existing store before it is copied, which may take minutes.
    ///   - last: identifier of the last migration to make, for tests that need the store of an older hub.
    /// - Throws: `StoreError` when the file is not a database, is damaged or can't be written;
    ///   ``StoreUpgradeError``.
    package init(
        path: String, sealingKey: SealingKey, migrations: [(inout MigrationList) -> Void],
        release: String? = nil, upTo last: String? = nil, willCopy: @escaping (Int64) -> Void = { _ in }
    ) throws {
        _ = Self.isWithoutMemoryStatistics
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            // 1,000 pages, the default, makes every few group commits wait for a checkpoint.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            // A WAL that a long import made large is cut back at the next checkpoint.
            try db.execute(sql: "PRAGMA journal_size_limit = 33554432")
        }
        pool = try storeErrors {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB turns to NORMAL when it switches WAL on: that survives a crash of the process, FULL also a power
            // cut.
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
            return pool
        }
        self.sealingKey = sealingKey
        groupCommit = GroupCommit(pool: pool, absences: absences, changes: changes)
        lookUps = LookUpConnections(path: path)

        var list = MigrationList()
        Settings.addMigrations(to: &list)
        for addMigrations in migrations { addMigrations(&list) }
        upgradedFrom = try list.run(
            on: pool, upTo: last,
            upgrade: release.map {
                StoreUpgrade(store: path, version: $0, willCopy: willCopy)
            })
        // What a statement would have to undo: SQLite begins a file-backed record of it with 64 KiB, which the kernel
        // would map and clear for every statement (see HubRuntime's heap); one in memory grows by the page. After the
        // migrations, whose statements may change whole tables.
        try storeErrors {
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA temp_store = MEMORY") }
        }
    }

    /// Reads from a consistent snapshot beside any writer.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await pool.read { db in try body(Database(db)) } } catch { throw engineError(error) }
    }

    /// Looks something up by its key on a thread of the store, which costs less than ``read(_:)``.
    ///
    /// Each statement sees its own moment: there is no transaction around them, which would cost more than the
    /// look-ups. So what is decided on it is checked again inside the write that follows.
    package func lookUp<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            lookUps.lookUp(body) { continuation.resume(with: $0) }
        }
    }

    /// The same for callers that can't suspend.
    ///
    /// - Parameter answer: called once, on a thread of the store, which it must not keep.
    package func lookUp<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
        answer: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        lookUps.lookUp(body, answer: answer)
    }

    /// Names tables of which something will be kept in memory.
    package func watch(_ tables: String...) -> WatchedTables { changes.watch(tables) }

    /// Grows with every durable change of one of the tables, before the writer's call returns. A value read by a
    /// look-up that began after this call is valid as long as the version is the same.
    package func version(of tables: WatchedTables) -> UInt64 { changes.count(of: tables) }

    /// Writes in a transaction that is shared with whatever else waits; returns when it is durable.
    ///
    /// - Parameter body: runs on the writer's thread, up to three times (see ``GroupCommit``): it may act on the
    ///   database only.
    @discardableResult
    package func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await groupCommit.write(body)
    }

    /// Moves what the WAL holds into the database file; called when the hub has time.
    package func checkpoint() async throws {
        do { try await pool.writeWithoutTransaction { db in _ = try db.checkpoint(.passive) } } catch {
            throw engineError(error)
        }
    }

    /// Copies the database as of one moment into another file, beside whatever reads and writes.
    ///
    /// - Parameter path: an empty file whose mode the copy keeps: SQLite would make one that others may read.
    package func copy(to path: String) async throws {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { [pool] in
                continuation.resume(
                    with: Result {
                        try storeErrors {
                            let target = try DatabaseQueue(path: path)
                            try pool.backup(to: target)
                            try target.close()
                        }
                    })
            }
        }
    }

    /// Closes all connections; a last checkpoint leaves no WAL behind.
    package func close() throws {
        try storeErrors {
            try lookUps.close()
            // The pool closes its writer first, and a reader that is closed last leaves the WAL behind: SQLite would
            // apply it to another file that is put in the store's place.
            pool.invalidateReadOnlyConnections()
            try pool.close()
        }
    }
}
