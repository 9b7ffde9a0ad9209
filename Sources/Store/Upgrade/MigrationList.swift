internal import GRDB

/// Changes of the schema, each with an identifier under which the store remembers that it was made.
///
/// Identifiers and their statements never change once released; a further change is a further migration.
package struct MigrationList {
    private var migrations: [(identifier: String, migrate: @Sendable (Database) throws -> Void)] = []

    package init() {}

    package mutating func register(
        _ identifier: String, _ migrate: @escaping @Sendable (Database) throws -> Void
    ) {
        migrations.append((identifier, migrate))
    }

    /// Takes over those of several rooms in the order of their identifiers, whatever room they belong to: that is the
    /// order in which they were released, so that an older store becomes what a new one is.
    package mutating func append(inOrder others: MigrationList) {
        migrations += others.migrations.sorted { $0.identifier < $1.identifier }
    }

    /// Makes those changes that the store has not seen, each in a transaction.
    ///
    /// - Parameter upgrade: keeps a copy of an existing store before it is changed; `nil` for none.
    /// - Returns: the copy; `nil` when there was nothing to change.
    /// - Throws: ``StoreUpgradeError``; `StoreError`.
    func run(on pool: DatabasePool, upTo last: String?, upgrade: StoreUpgrade?) throws -> String? {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.identifier) { db in try migration.migrate(Database(db)) }
        }
        let made = try storeErrors { try pool.read { db in try migrator.appliedIdentifiers(db) } }
        let known = Set(migrations.map(\.identifier))
        if let upgrade, !made.isSubset(of: known) {
            throw StoreUpgradeError.newer(file: upgrade.store, copy: try upgrade.latestCopy())
        }
        if !made.isEmpty, !known.isSubset(of: made) { try upgrade?.begin(pool, made: made) }
        try storeErrors { try last.map { try migrator.migrate(pool, upTo: $0) } ?? migrator.migrate(pool) }
        let copy = try upgrade?.finish()
        return made.isEmpty ? nil : copy
    }
}
