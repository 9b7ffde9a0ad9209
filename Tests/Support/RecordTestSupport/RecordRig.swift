package import JournalTestSupport
internal import Journal
internal import PKI
internal import Reach
package import Rooms
internal import Secrets
package import Store

/// The rooms of records over a store in a temporary folder, with a clock the test moves.
package struct RecordRig: HoldsRecords {
    /// What a test may have otherwise than a hub has by default.
    package struct Options: Sendable {
        package var limits = RoomLimits()
    }

    package let rooms: Rooms
    package let clock: ManualClock
    package let folder: TemporaryFolder
    package var store: Store { rooms.journal.store }

    /// Makes or opens the store of a folder and does with the records what the start of a hub does.
    ///
    /// - Parameters:
    ///   - folder: of an earlier rig, for what a restart leaves; `nil` makes a fresh one.
    ///   - migrations: of the modules above the records.
    package init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil,
        migrations: [(inout MigrationList) -> Void] = [], change: (inout Options) -> Void = { _ in }
    ) async throws {
        self.folder = try folder ?? TemporaryFolder()
        let clock = clock ?? ManualClock.now()
        self.clock = clock
        let store = try Store(
            path: Self.database(self.folder), sealingKey: try SealingKey(SHA256.hash(Array(self.folder.path.utf8))),
            migrations: [Rooms.addMigrations] + migrations)
        var options = Options()
        change(&options)
        rooms = Rooms(store: store, limits: options.limits, now: { clock.now }, steady: { clock.steady })
        _ = try await rooms.journal.lookAtClock()
        try await rooms.secrets.dropVolatileSecrets()
        _ = try await rooms.secrets.clearUnfinishedImports()
        try await rooms.reach.loadTunnelTokens()
    }

    /// The database file of a rig's folder.
    package static func database(_ folder: TemporaryFolder) -> String { folder.path + "/hub.db" }
}
