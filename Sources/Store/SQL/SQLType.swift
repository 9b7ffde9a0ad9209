/// A Swift type that parameters of statements take and columns are read as.
package protocol SQLType: Sendable {
    static var kind: SQLKind { get }

    var sqlValue: SQLValue { get }

    /// Reads a column; zero, false or empty for NULL. Where a column may be NULL, read an optional.
    static func read(_ columns: borrowing SQLColumns, at place: Int32) -> Self
}

extension Int64: SQLType {
    package static var kind: SQLKind { .integer }

    package var sqlValue: SQLValue { .integer(self) }

    package static func read(_ columns: borrowing SQLColumns, at place: Int32) -> Int64 { columns.integer(place) }
}

extension Int: SQLType {
    package static var kind: SQLKind { .integer }

    package var sqlValue: SQLValue { .integer(Int64(self)) }

    package static func read(_ columns: borrowing SQLColumns, at place: Int32) -> Int {
        Int(truncatingIfNeeded: columns.integer(place))
    }
}

/// An INTEGER that is 0 or 1.
extension Bool: SQLType {
    package static var kind: SQLKind { .integer }

    package var sqlValue: SQLValue { .integer(self ? 1 : 0) }

    package static func read(_ columns: borrowing SQLColumns, at place: Int32) -> Bool { columns.integer(place) != 0 }
}

extension String: SQLType {
    package static var kind: SQLKind { .string }

    package var sqlValue: SQLValue { .string(self) }

    package static func read(_ columns: borrowing SQLColumns, at place: Int32) -> String { columns.string(place) }
}

/// A BLOB.
extension [UInt8]: SQLType {
    package static var kind: SQLKind { .bytes }

    package var sqlValue: SQLValue { .bytes(self) }

    package static func read(_ columns: borrowing SQLColumns, at place: Int32) -> [UInt8] { columns.bytes(place) }
}

extension Optional: SQLType where Wrapped: SQLType {
    package static var kind: SQLKind { Wrapped.kind }

    package var sqlValue: SQLValue { self?.sqlValue ?? .null(Wrapped.kind) }

    package static func read(_ columns: borrowing SQLColumns, at place: Int32) -> Wrapped? {
        columns.isNull(place) ? nil : Wrapped.read(columns, at: place)
    }
}
