internal import GRDB
internal import GRDBSQLite

/// A statement that runs for many rows in one transaction, such as those of an import: parameters are bound from bytes
/// as they lie in memory, without a value made for each.
@safe package struct RepeatedStatement {
    private let statement: Statement

    fileprivate init(_ statement: Statement) {
        self.statement = statement
        unsafe sqlite3_reset(statement.sqliteStatement)
        unsafe sqlite3_clear_bindings(statement.sqliteStatement)
    }

    /// Binds a text, which must be UTF-8, to a parameter; places count from 1. What is bound stays until it is bound
    /// again or ``clear()`` is called.
    package func bind(_ place: Int32, text: ArraySlice<UInt8>) {
        let transient = unsafe transient
        unsafe text.withUnsafeBytes { bytes in
            _ = unsafe sqlite3_bind_text(
                statement.sqliteStatement, place, bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(bytes.count), transient)
        }
    }

    package func bind(_ place: Int32, bytes: [UInt8]) {
        let transient = unsafe transient
        unsafe bytes.withUnsafeBytes { bytes in
            _ = unsafe sqlite3_bind_blob(
                statement.sqliteStatement, place, bytes.baseAddress, Int32(bytes.count), transient)
        }
    }

    package func bind(_ place: Int32, integer: Int64) {
        _ = unsafe sqlite3_bind_int64(statement.sqliteStatement, place, integer)
    }

    /// Makes all parameters NULL.
    package func clear() {
        unsafe sqlite3_clear_bindings(statement.sqliteStatement)
    }

    /// Runs it; returns how many rows it changed.
    ///
    /// - Throws: `StoreError`.
    package func run() throws -> Int {
        let raw = unsafe statement.sqliteStatement
        let code = unsafe sqlite3_step(raw)
        let count = unsafe Int(sqlite3_changes(sqlite3_db_handle(raw)))
        unsafe sqlite3_reset(raw)
        guard code == SQLITE_DONE else { throw StoreError(code: ResultCode(rawValue: code), message: nil) }
        return count
    }

    /// SQLite copies what is bound, since the arrays do not outlive the call.
    private var transient: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

extension Database {
    /// Prepares a statement that will run for many rows; valid as long as the transaction.
    package func repeated(_ sql: String) throws -> RepeatedStatement {
        changes?.note(sql)
        return RepeatedStatement(try statement(sql))
    }
}
