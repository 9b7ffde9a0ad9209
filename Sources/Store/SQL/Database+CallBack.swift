#if DEBUG
internal import GRDB

extension Database {
    /// Calls back before each row that is inserted into a table, in the middle of the transaction: for tests of what a
    /// power cut at that moment leaves. Ends with `nil`.
    package func callBack(beforeInsertInto table: String, _ work: (@Sendable () throws -> Void)?) throws {
        try script("DROP TRIGGER IF EXISTS temp.call_back")
        guard let work else { return }
        connection.add(
            function: DatabaseFunction("call_back", argumentCount: 0) { _ in
                try work()
                return nil
            })
        try script("CREATE TEMP TRIGGER call_back BEFORE INSERT ON main.\(table) BEGIN SELECT call_back(); END")
    }
}
#endif
