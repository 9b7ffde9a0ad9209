internal import GRDB
internal import GRDBSQLite

/// Statements, bound and stepped through SQLite's own interface: GRDB's arguments and rows cost more than the
/// statements themselves. The statements are GRDB's, kept by it for each connection under their text.
///
/// Parameters are `?` in order, or `?1`, `?2` where one is used twice; never both in one text. A closure that reads
/// columns runs no statement.
extension Database {
    /// Reads the first row; `nil` when there is none, or `read` answers `nil`.
    ///
    /// - Parameters:
    ///   - values: one for each parameter, in order.
    ///   - read: makes a value of the columns.
    /// - Throws: `StoreError`, and what `read` throws.
    package func first<Value>(
        _ sql: String, _ values: [SQLValue], read: (borrowing SQLColumns) throws -> Value?
    ) throws -> Value? {
        var found: Value?
        try step(sql, values) { columns in
            found = try read(columns)
            return false
        }
        return found
    }

    /// Reads all rows.
    ///
    /// - Parameters:
    ///   - values: one for each parameter, in order.
    ///   - isKept: false for a text that was put together for this call: it is not kept for the next one.
    ///   - read: makes a value of the columns of each row, or `nil` to leave it out.
    /// - Throws: `StoreError`, and what `read` throws.
    package func all<Value>(
        _ sql: String, _ values: [SQLValue], isKept: Bool = true, read: (borrowing SQLColumns) throws -> Value?
    ) throws -> [Value] {
        var found: [Value] = []
        try step(sql, values, isKept: isKept) { columns in
            if let value = try read(columns) { found.append(value) }
            return true
        }
        return found
    }

    /// Visits rows one by one, however many there are, until `visit` answers false.
    package func each(
        _ sql: String, _ values: [SQLValue], visit: (borrowing SQLColumns) throws -> Bool
    ) throws {
        try step(sql, values, visit)
    }

    /// Runs a statement; returns how many rows it changed.
    ///
    /// - Parameter values: one for each parameter, in order.
    /// - Throws: `StoreError`.
    @discardableResult
    package func run(_ sql: String, _ values: [SQLValue]) throws -> Int {
        try step(sql, values) { _ in true }
    }

    /// Runs several statements that have no parameters, such as those of a migration.
    package func script(_ sql: String) throws {
        changes?.noteAll()
        do { try connection.execute(sql: sql) } catch { throw engineError(error) }
    }

    /// Texts with more parameters hold lists, and there is one for each length: they are not kept.
    private static let keptParameters = 32

    /// Binds, steps until there is no further row or `visit` answers false; returns how many rows were changed.
    @discardableResult
    private func step(
        _ sql: String, _ values: [SQLValue], isKept: Bool = true, _ visit: (borrowing SQLColumns) throws -> Bool
    ) throws -> Int {
        #if DEBUG
        StatementRecord.shared?.add(sql, values)
        #endif
        let statement = try statement(sql, isKept: isKept && values.count <= Self.keptParameters)
        let raw = unsafe try bound(statement, values)
        if let changes, unsafe sqlite3_stmt_readonly(raw) == 0 { changes.note(sql) }
        // Also keeps the statement alive until then.
        defer { withExtendedLifetime(statement) { unsafe _ = sqlite3_reset(raw) } }
        while true {
            switch unsafe sqlite3_step(raw) {
            case SQLITE_ROW: if unsafe try !visit(SQLColumns(raw)) { return 0 }
            case SQLITE_DONE: return unsafe Int(sqlite3_changes(sqlite3_db_handle(raw)))
            default: throw failure()
            }
        }
    }

    private func bound(_ statement: Statement, _ values: [SQLValue]) throws -> OpaquePointer {
        let raw = unsafe statement.sqliteStatement
        guard unsafe Int(sqlite3_bind_parameter_count(raw)) == values.count else {
            throw StoreError.failed("a statement has not one value for each parameter")
        }
        for (index, value) in values.enumerated() {
            guard unsafe bind(raw, Int32(index + 1), value) == SQLITE_OK else { throw failure() }
        }
        return unsafe raw
    }

    private func bind(_ raw: OpaquePointer, _ place: Int32, _ value: SQLValue) -> Int32 {
        // SQLite copies what is bound, since nothing here outlives the call.
        let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: return unsafe sqlite3_bind_null(raw, place)
        case .integer(let number): return unsafe sqlite3_bind_int64(raw, place, number)
        case .string(var text):
            return text.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    // A null pointer would bind NULL.
                    guard let start = characters.baseAddress else {
                        return unsafe sqlite3_bind_text(raw, place, "", 0, transient)
                    }
                    return unsafe sqlite3_bind_text(raw, place, start, Int32(characters.count), transient)
                }
            }
        case .bytes(let blob):
            return unsafe blob.withUnsafeBytes { bytes in
                guard unsafe !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(raw, place, 0) }
                return unsafe sqlite3_bind_blob(raw, place, bytes.baseAddress, Int32(bytes.count), transient)
            }
        }
    }

    func statement(_ sql: String, isKept: Bool = true) throws -> Statement {
        do {
            return try isKept ? connection.cachedStatement(sql: sql) : connection.makeStatement(sql: sql)
        } catch {
            throw engineError(error)
        }
    }

    private func failure() -> any Error {
        engineError(DatabaseError(resultCode: connection.lastErrorCode, message: connection.lastErrorMessage))
    }
}
