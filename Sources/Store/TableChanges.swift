internal import Synchronization

/// Tables of which somebody keeps something in memory; made by ``Store/watch(_:)``.
package struct WatchedTables: Sendable {
    /// Places in ``TableChanges``.
    let places: [Int]
}

/// How often tables were changed, so that what was read can be kept in memory for as long as it is true.
///
/// The writer notes which tables a transaction changes, and counts the changes once the transaction is durable, before
/// any of its callers resumes. A reader takes the count first, then reads, and keeps the value under that count.
final class TableChanges: Sendable {
    private struct State {
        var tables: [String: Int] = [:]
        var counts: [UInt64] = []
        var touched: Set<Int> = []
        var isAllTouched = false
        /// The table that each statement changes, by its text.
        var targets: [String: String?] = [:]

        mutating func target(of sql: String) -> String? {
            if let known = targets[sql] { return known }
            // Texts are the program's own; those put together have some variants.
            if targets.count >= 1000 { targets = [:] }
            let target = TableChanges.table(changedBy: sql)
            targets[sql] = .some(target)
            return target
        }
    }

    private let state = Mutex(State())

    func watch(_ tables: [String]) -> WatchedTables {
        state.withLock { state in
            WatchedTables(
                places: tables.map { table in
                    if let place = state.tables[table] { return place }
                    state.counts.append(0)
                    state.tables[table] = state.counts.count - 1
                    return state.counts.count - 1
                })
        }
    }

    /// Grows whenever one of the tables may have been changed.
    func count(of tables: WatchedTables) -> UInt64 {
        state.withLock { state in tables.places.reduce(0) { $0 &+ state.counts[$1] } }
    }

    /// Called by the writer for each statement that is not only reading.
    func note(_ sql: String) {
        state.withLock { state in
            guard let table = state.target(of: sql) else { return state.isAllTouched = true }
            if let place = state.tables[table] { state.touched.insert(place) }
        }
    }

    /// Several statements at once: whatever they are.
    func noteAll() {
        state.withLock { $0.isAllTouched = true }
    }

    /// What was noted is durable.
    func publish() {
        state.withLock { state in
            for place in state.isAllTouched ? Set(state.counts.indices) : state.touched { state.counts[place] += 1 }
            state.touched = []
            state.isAllTouched = false
        }
    }

    /// What was noted was rolled back.
    func forget() {
        state.withLock { state in
            state.touched = []
            state.isAllTouched = false
        }
    }

    /// The table that a statement changes by its text; `nil` when that can't be told.
    static func table(changedBy sql: String) -> String? {
        let words = sql.utf8.split(maxSplits: 4, whereSeparator: { $0 == 0x20 || $0 == 0x0A || $0 == 0x28 })
            .prefix(3).map { String(Substring($0)) }
        switch (words.first, words.dropFirst().first, words.dropFirst(2).first) {
        case ("INSERT", "INTO", let table?), ("DELETE", "FROM", let table?): return table
        case ("UPDATE", let table?, _): return table
        default: return nil
        }
    }
}
