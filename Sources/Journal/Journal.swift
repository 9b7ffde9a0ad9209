internal import PKI
package import Store
internal import Synchronization

/// What happened and what is to be told of it: the audit trail, alarms, webhooks with their queue, and the clock by
/// which all of it is dated.
///
/// It is below the other rooms. Every change writes its audit event in the same transaction.
package final class Journal: Sendable {
    /// The database all records live in.
    package let store: Store
    package let limits: JournalLimits
    /// Present time in Unix seconds; an argument, so that tests can move it.
    package let now: @Sendable () -> Int64
    /// Seconds of a clock that nobody sets, from whatever beginning: for durations within one run of the hub.
    package let steady: @Sendable () -> Int64
    /// Announces rights that are gone.
    package let endings = Endings()
    let clock = Mutex<ClockState?>(nil)
    let keepers = Mutex<[RecordKeeper]>([])
    let auditKey: SealingKey
    let webhookKey: SealingKey
    let auditTail = RememberedTail()
    let auditQuota = Mutex(AuditQuota())

    /// Makes the journal over an open store whose migrations include ``addMigrations(to:)``.
    ///
    /// - Parameter steady: seconds of a clock that nobody sets; `nil` where nobody sets the other one either, as in
    ///   some tests.
    package init(
        store: Store, limits: JournalLimits = JournalLimits(), now: @escaping @Sendable () -> Int64,
        steady: (@Sendable () -> Int64)? = nil
    ) {
        self.store = store
        self.limits = limits
        self.now = now
        self.steady = steady ?? now
        auditKey = store.sealingKey.derive("latchkey audit")
        webhookKey = store.sealingKey.derive("latchkey webhook")
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout MigrationList) {
        AuditStore.addMigrations(to: &migrator)
        WebhookStore.addMigrations(to: &migrator)
        AlarmStore.addMigrations(to: &migrator)
        WebhookStore.addLossMigration(to: &migrator)
        AuditStore.addPruneMigration(to: &migrator)
    }
}

/// Bounds on what waits for webhooks.
package struct JournalLimits: Sendable, Equatable {
    /// Messages to webhooks that may wait, of all receivers together; each has an equal share, beyond which its oldest
    /// are dropped.
    package var webhookQueue = 10_000
    /// Bytes of those messages, of all receivers together, shared in the same way.
    package var webhookBytes: Int64 = 16 << 20

    package init() {}
}
