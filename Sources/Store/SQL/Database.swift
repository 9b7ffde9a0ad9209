package import GRDB

/// A connection inside a read or a write, which runs statements.
package typealias Database = GRDB.Database
