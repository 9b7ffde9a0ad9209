/// The same for statements that no device waits for: parameters of any ``SQLType``, and rows of one column.
extension Database {
    /// Reads the first row; `nil` when there is none, or `read` answers `nil`.
    @_disfavoredOverload
    package func first<Value>(
        _ sql: String, _ values: [any SQLType] = [], read: (borrowing SQLColumns) throws -> Value?
    ) throws -> Value? {
        try first(sql, values.map(\.sqlValue), read: read)
    }

    /// Reads all rows, without those for which `read` answers `nil`.
    @_disfavoredOverload
    package func all<Value>(
        _ sql: String, _ values: [any SQLType] = [], isKept: Bool = true,
        read: (borrowing SQLColumns) throws -> Value?
    ) throws -> [Value] {
        try all(sql, values.map(\.sqlValue), isKept: isKept, read: read)
    }

    /// Visits rows one by one, however many there are, until `visit` answers false.
    @_disfavoredOverload
    package func each(
        _ sql: String, _ values: [any SQLType] = [], visit: (borrowing SQLColumns) throws -> Bool
    ) throws {
        try each(sql, values.map(\.sqlValue), visit: visit)
    }

    /// Reads the first column of the first row; `nil` when there is no row or it holds NULL.
    package func value<Value: SQLType>(
        _ sql: String, _ values: [any SQLType] = [], as type: Value.Type = Value.self
    ) throws -> Value? {
        try first(sql, values) { columns in columns[0] as Value? }
    }

    /// Reads the first column of all rows.
    package func values<Value: SQLType>(
        _ sql: String, _ values: [any SQLType] = [], isKept: Bool = true, as type: Value.Type = Value.self
    ) throws -> [Value] {
        try all(sql, values, isKept: isKept) { columns in columns[0] as Value }
    }

    /// Runs a statement; returns how many rows it changed.
    @_disfavoredOverload
    @discardableResult
    package func run(_ sql: String, _ values: [any SQLType] = []) throws -> Int {
        try run(sql, values.map(\.sqlValue))
    }
}
