import Journal
import JournalTestSupport
import Secrets
import SecretsTestSupport
internal import Store

/// The room of secrets on its journal, for devices of which nothing is recorded.
struct SecretsRig: HoldsSecrets {
    private struct NoDevices: SecretHolders {
        func namesOfOthers(in db: Database) throws -> [[UInt8]: String] { [:] }
        var isProvisionedSQL: String { "FALSE" }
    }

    let base: RoomRig<Secrets>
    let holders: any SecretHolders = NoDevices()
    var journal: Journal { base.journal }
    var secrets: Secrets { base.room }
    var clock: ManualClock { base.clock }
    var folder: TemporaryFolder { base.folder }

    init(folder: TemporaryFolder? = nil, clock: ManualClock? = nil) async throws {
        base = try await RoomRig(folder: folder, clock: clock, migrations: [Secrets.addMigrations]) { journal in
            Secrets(journal: journal)
        }
    }

    func register(_ secret: NewSecret) async throws {
        let sealed = try secrets.prepare(secret)
        try await journal.store.write { db in try secrets.replace(secret, sealed: sealed, by: .hub, in: db) }
    }
}
