package import GRDB
internal import GRDBSQLite

/// A value bound to a parameter of a statement.
package enum SQLValue: Sendable {
    case null
    case integer(Int64)
    case string(String)
    case bytes([UInt8])

    package static func integer(orNull value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }
    package static func string(orNull value: String?) -> SQLValue { value.map { .string($0) } ?? .null }
}

/// The columns of one row, by place from 0; valid only inside the closure that gets it.
@safe package struct SQLColumns: ~Copyable {
    private let statement: OpaquePointer

    fileprivate init(_ statement: OpaquePointer) {
        unsafe self.statement = statement
    }

    /// An INTEGER; 0 for NULL.
    package func integer(_ place: Int32) -> Int64 {
        unsafe sqlite3_column_int64(statement, place)
    }

    /// An INTEGER, `nil` for NULL.
    package func optionalInteger(_ place: Int32) -> Int64? {
        isNull(place) ? nil : integer(place)
    }

    /// A TEXT; empty for NULL.
    package func string(_ place: Int32) -> String {
        guard let text = unsafe sqlite3_column_text(statement, place) else { return "" }
        let count = unsafe Int(sqlite3_column_bytes(statement, place))
        return unsafe String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    /// A TEXT, `nil` for NULL.
    package func optionalString(_ place: Int32) -> String? {
        isNull(place) ? nil : string(place)
    }

    /// A BLOB; empty for NULL.
    package func bytes(_ place: Int32) -> [UInt8] {
        guard let blob = unsafe sqlite3_column_blob(statement, place) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(statement, place))
        return unsafe Array(UnsafeRawBufferPointer(start: blob, count: count))
    }

    private func isNull(_ place: Int32) -> Bool {
        unsafe sqlite3_column_type(statement, place) == SQLITE_NULL
    }
}

/// Statements of the paths that run for every device, bound and stepped through SQLite's own interface: GRDB's
/// arguments and rows cost more than the statements themselves. The statements are GRDB's, kept by it for each
/// connection under their text.
extension Database {
    /// Reads the first row, `nil` when there is none.
    ///
    /// - Parameters:
    ///   - values: one for each parameter, in order.
    ///   - read: makes a value of the columns; runs no statement.
    /// - Throws: `DatabaseError`.
    package func first<Value>(
        _ sql: String, _ values: [SQLValue], read: (borrowing SQLColumns) -> Value
    ) throws -> Value? {
        let raw = unsafe try bound(sql, values)
        defer { unsafe _ = sqlite3_reset(raw) }
        switch unsafe sqlite3_step(raw) {
        case SQLITE_ROW: return unsafe read(SQLColumns(raw))
        case SQLITE_DONE: return nil
        default: throw failure(sql)
        }
    }

    /// Reads all rows.
    ///
    /// - Parameters:
    ///   - values: one for each parameter, in order.
    ///   - read: makes a value of the columns of each row, or `nil` to leave it out; runs no statement.
    /// - Throws: `DatabaseError`.
    package func all<Value>(
        _ sql: String, _ values: [SQLValue], read: (borrowing SQLColumns) -> Value?
    ) throws -> [Value] {
        let raw = unsafe try bound(sql, values)
        defer { unsafe _ = sqlite3_reset(raw) }
        var found: [Value] = []
        while true {
            switch unsafe sqlite3_step(raw) {
            case SQLITE_ROW: if let value = unsafe read(SQLColumns(raw)) { found.append(value) }
            case SQLITE_DONE: return found
            default: throw failure(sql)
            }
        }
    }

    /// Runs a statement that answers no rows; returns how many rows it changed.
    ///
    /// - Parameter values: one for each parameter, in order.
    /// - Throws: `DatabaseError`.
    @discardableResult
    package func run(_ sql: String, _ values: [SQLValue]) throws -> Int {
        let raw = unsafe try bound(sql, values)
        defer { unsafe _ = sqlite3_reset(raw) }
        guard unsafe sqlite3_step(raw) == SQLITE_DONE else { throw failure(sql) }
        return unsafe Int(sqlite3_changes(sqlite3_db_handle(raw)))
    }

    private func bound(_ sql: String, _ values: [SQLValue]) throws -> OpaquePointer {
        let raw = unsafe try cachedStatement(sql: sql).sqliteStatement
        precondition(unsafe Int(sqlite3_bind_parameter_count(raw)) == values.count, "a value for each parameter")
        for (index, value) in values.enumerated() {
            guard unsafe bind(raw, Int32(index + 1), value) == SQLITE_OK else { throw failure(sql) }
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

    private func failure(_ sql: String) -> DatabaseError {
        DatabaseError(resultCode: lastErrorCode, message: lastErrorMessage, sql: sql)
    }
}
