/// A value bound to a parameter of a statement.
package enum SQLValue: Sendable, Equatable {
    /// A NULL that stands for a value of a type: an engine may need to know it.
    case null(SQLKind)
    case integer(Int64)
    case string(String)
    case bytes([UInt8])

    package static func integer(orNull value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null(.integer) }
    package static func string(orNull value: String?) -> SQLValue { value.map { .string($0) } ?? .null(.string) }
}

/// What a column holds.
package enum SQLKind: Sendable {
    case integer, string, bytes
}
