/// Pieces of statements that are put together.
package enum SQLText {
    /// What stands behind `IN` for so many values: `(?, ?)`. Nothing is in an empty one.
    ///
    /// A text that holds such a list is run with `isKept: false` where the count can be large.
    package static func list(_ count: Int) -> String {
        count == 0 ? "(NULL)" : "(" + Array(repeating: "?", count: count).joined(separator: ", ") + ")"
    }
}
