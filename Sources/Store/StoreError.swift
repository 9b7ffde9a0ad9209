/// What can go wrong in the store beside SQLite's own errors.
package enum StoreError: Error, Equatable, Sendable {
    /// A write was reported done without a value: a mistake of ours, never of a caller.
    case writeWithoutValue
    /// A stored value can't be opened with the key in use: the key file was exchanged or the row altered.
    case wrongKey(what: String)
}
