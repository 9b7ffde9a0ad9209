internal import GRDBSQLite

/// The columns of one row, by place from 0; valid only inside the closure that gets it.
@safe package struct SQLColumns: ~Copyable {
    private let statement: OpaquePointer

    init(_ statement: OpaquePointer) {
        unsafe self.statement = statement
    }

    /// A value of the type that is asked for; see ``SQLType/read(_:at:)`` about NULL.
    package subscript<Value: SQLType>(_ place: Int32) -> Value {
        Value.read(self, at: place)
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

    package func isNull(_ place: Int32) -> Bool {
        unsafe sqlite3_column_type(statement, place) == SQLITE_NULL
    }
}
