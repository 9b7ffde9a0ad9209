import Journal
import JournalTestSupport
import Secrets
import SecretsTestSupport
internal import Store

/// The room of secrets on its journal, for devices of which nothing is recorded but what a test says.
struct SecretsRig: HoldsSecrets {
    /// What an import asks about devices.
    struct Holders: SecretHolders {
        /// IDs of devices that hold a certificate.
        var provisioned: [String] = []
        /// Roles of names that are not a device's.
        var others: [String: String] = [:]

        func namesOfOthers(in db: Database) throws -> [[UInt8]: String] {
            Dictionary(uniqueKeysWithValues: others.map { (Array($0.key.utf8), $0.value) })
        }

        var isProvisionedSQL: String {
            provisioned.isEmpty ? "FALSE" : "(?1 IN (\(provisioned.map { "'\($0)'" }.joined(separator: ", "))))"
        }
    }

    let base: RoomRig<Secrets>
    let holders: any SecretHolders
    var journal: Journal { base.journal }
    var secrets: Secrets { base.room }
    var clock: ManualClock { base.clock }
    var folder: TemporaryFolder { base.folder }

    init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, holders: Holders = Holders(),
        change: (inout SecretsLimits) -> Void = { _ in }
    ) async throws {
        self.holders = holders
        var limits = SecretsLimits()
        change(&limits)
        let changed = limits
        base = try await RoomRig(folder: folder, clock: clock, migrations: [Secrets.addMigrations]) { journal in
            Secrets(journal: journal, limits: changed)
        }
    }

    func register(_ secret: NewSecret) async throws {
        let sealed = try secrets.prepare(secret)
        try await journal.store.write { db in try secrets.replace(secret, sealed: sealed, by: .hub, in: db) }
    }

    /// An import that has begun.
    func begin(_ change: (inout ImportOptions) -> Void = { _ in }) async throws -> SecretImport {
        var options = ImportOptions(source: "test.csv")
        change(&options)
        return try await SecretImport(into: secrets, for: holders, options: options, folder: folder.path)
    }

    /// Uses the current secret of a device up; false when it is too late.
    func use(
        _ secret: OOBSecret, key: String = "key", from address: String? = nil, isPairing: Bool = false
    ) async throws -> Bool {
        let source = address.map { secrets.guessSource(of: $0) }
        return try await journal.store.write { db in
            try secrets.consume(secret, key: key, from: source, isPairing: isPairing, in: db)
        }
    }

    /// Rows of the table of secrets, whoever may see them.
    func rows(_ condition: String = "TRUE") async throws -> Int {
        try await journal.store.read { db in
            try db.value("SELECT count(*) FROM secret WHERE \(condition)", as: Int.self) ?? 0
        }
    }
}
