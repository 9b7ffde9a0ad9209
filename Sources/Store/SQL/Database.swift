internal import GRDB

/// The database inside a read or a write: it runs statements. It is valid only there.
///
/// SQL is written in what SQLite and PostgreSQL share (docs/decisions/0017-sql-of-two-engines.md); which engine runs
/// it is known to this module alone.
package struct Database {
    let connection: GRDB.Database
    /// Takes note of what is changed; `nil` where nothing is.
    let changes: TableChanges?

    init(_ connection: GRDB.Database, changes: TableChanges? = nil) {
        self.connection = connection
        self.changes = changes
    }

    /// False where only the past is seen, which a write may be changing.
    package var isWriting: Bool { !connection.configuration.readonly }
}
