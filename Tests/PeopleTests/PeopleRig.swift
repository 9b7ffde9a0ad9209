import Journal
import JournalTestSupport
import People

/// The room of people on its journal.
struct PeopleRig {
    let base: RoomRig<People>
    var journal: Journal { base.journal }
    var people: People { base.room }
    var clock: ManualClock { base.clock }

    init(folder: TemporaryFolder? = nil, clock: ManualClock? = nil) async throws {
        base = try await RoomRig(folder: folder, clock: clock, migrations: [People.addMigrations]) { journal in
            People(journal: journal)
        }
    }

    /// Actions in the trail, oldest first.
    func actions() async throws -> [String] {
        try await journal.auditEvents(before: nil, subject: nil, limit: 100).reversed().map(\.action)
    }
}
