package import Store
internal import Synchronization

/// What the journal asks a module above it about tables that are the module's own.
package struct RecordKeeper: Sendable {
    /// Whether anything is there that an audit event must have told of.
    let hasRecords: @Sendable (Database) throws -> Bool
    /// Puts right what was written while the clock was ahead of a moment, Unix seconds (docs/time.md): whatever was
    /// begun later begins then, and no deadline is further away than its own length. A second time it finds nothing.
    let settle: @Sendable (_ now: Int64, Journal, Database) throws -> Void

    package init(
        hasRecords: @escaping @Sendable (Database) throws -> Bool,
        settle: @escaping @Sendable (_ now: Int64, Journal, Database) throws -> Void
    ) {
        self.hasRecords = hasRecords
        self.settle = settle
    }
}

extension Journal {
    /// Takes a module's answers; called once by each, while the hub is put together.
    package func add(_ keeper: RecordKeeper) {
        keepers.withLock { $0.append(keeper) }
    }

    /// Whether anything is in the store that an event must have told of.
    func hasRecords(in db: Database) throws -> Bool {
        try keepers.withLock { $0 }.contains { try $0.hasRecords(db) }
    }

    /// Puts right what every module has written while the clock was ahead of `now`.
    func settle(at now: Int64, in db: Database) throws {
        try ClockStore.settle(at: now, in: db)
        for keeper in keepers.withLock({ $0 }) { try keeper.settle(now, self, db) }
    }
}
