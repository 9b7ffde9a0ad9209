package import Journal
internal import PKI
package import Store

/// Who may administer: users, their tokens and settings, and the logins that give them.
package final class People: Sendable {
    let journal: Journal
    let store: Store
    let now: @Sendable () -> Int64
    let steady: @Sendable () -> Int64
    let locks: LockLimits
    /// Signs tokens.
    let tokens: WebTokenSigner
    let passwords = PasswordWorker()
    let logins = LoginGuard()

    /// Makes the room over a store whose migrations include ``addMigrations(to:)``.
    package init(journal: Journal, locks: LockLimits = LockLimits()) {
        self.journal = journal
        self.locks = locks
        (store, now, steady) = (journal.store, journal.now, journal.steady)
        tokens = WebTokenSigner(store.sealingKey.derive("latchkey token"))
        journal.add(
            RecordKeeper(
                hasRecords: { try UserStore.hasAny(in: $0) }, settle: { try UserTokenStore.settle(at: $0, in: $2) }
            ))
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout MigrationList) {
        UserStore.addMigrations(to: &migrator)
        UserStore.addIdentityMigration(to: &migrator)
        UserTokenStore.addMigrations(to: &migrator)
        UserSettingStore.addMigrations(to: &migrator)
        UserStore.addPersonMigration(to: &migrator)
    }
}
