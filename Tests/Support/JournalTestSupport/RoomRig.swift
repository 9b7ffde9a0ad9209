package import Journal
internal import PKI
package import Store

/// A room, or several, over a store in a temporary folder, with a clock that the test moves.
package struct RoomRig<Room: Sendable>: Sendable {
    package let journal: Journal
    package let room: Room
    package let clock: ManualClock
    package let folder: TemporaryFolder
    package var store: Store { journal.store }

    /// Makes or opens the store of a folder.
    ///
    /// - Parameters:
    ///   - folder: of an earlier rig, for what a restart leaves; `nil` makes a fresh one.
    ///   - migrations: of the rooms above the journal.
    ///   - make: puts the room on its journal.
    package init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, limits: JournalLimits = JournalLimits(),
        migrations: [(inout MigrationList) -> Void], make: (Journal) throws -> Room
    ) async throws {
        self.folder = try folder ?? TemporaryFolder()
        let clock = clock ?? ManualClock.now()
        self.clock = clock
        let store = try Store(
            path: Self.database(self.folder), sealingKey: try SealingKey(SHA256.hash(Array(self.folder.path.utf8))),
            migrations: [{ migrator in Self.add(migrations, to: &migrator) }])
        journal = Journal(store: store, limits: limits, now: { clock.now }, steady: { clock.steady })
        room = try make(journal)
        _ = try await journal.lookAtClock()
    }

    /// The tables of the journal and of what is above it.
    package static func add(_ migrations: [(inout MigrationList) -> Void], to migrator: inout MigrationList) {
        var list = MigrationList()
        Journal.addMigrations(to: &list)
        for migration in migrations { migration(&list) }
        migrator.append(inOrder: list)
    }

    /// The database file of a rig's folder.
    package static func database(_ folder: TemporaryFolder) -> String { folder.path + "/hub.db" }
}

/// The lowest room alone.
package typealias JournalRig = RoomRig<Journal>

extension RoomRig where Room == Journal {
    package init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, change: (inout JournalLimits) -> Void = { _ in }
    ) async throws {
        var limits = JournalLimits()
        change(&limits)
        try await self.init(folder: folder, clock: clock, limits: limits, migrations: []) { $0 }
    }
}
