package import GRDB

/// Takes migrations: GRDB's migrator, or a list that brings them into order first.
package protocol MigrationRegister {
    mutating func register(_ identifier: String, _ migrate: @escaping @Sendable (Database) throws -> Void)
}

extension DatabaseMigrator: MigrationRegister {
    package mutating func register(
        _ identifier: String, _ migrate: @escaping @Sendable (Database) throws -> Void
    ) {
        registerMigration(identifier, migrate: migrate)
    }
}

/// Migrations of several rooms, which run in the order of their identifiers whatever room they belong to: that is the
/// order in which they were released, so that an older store becomes what a new one is.
package struct MigrationList: MigrationRegister {
    private var migrations: [(identifier: String, migrate: @Sendable (Database) throws -> Void)] = []

    package init() {}

    package mutating func register(
        _ identifier: String, _ migrate: @escaping @Sendable (Database) throws -> Void
    ) {
        migrations.append((identifier, migrate))
    }

    /// Hands all of them on, in order.
    package func add(to migrator: inout DatabaseMigrator) {
        for migration in migrations.sorted(by: { $0.identifier < $1.identifier }) {
            migrator.register(migration.identifier, migration.migrate)
        }
    }
}
