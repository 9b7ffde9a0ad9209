internal import Journal
internal import JournalTestSupport
internal import SecretsTestSupport
internal import Store
import Testing
internal import Wire
@testable import Secrets

/// Imports are inserted in portions into a batch that nobody sees before it is whole.
@Suite struct ImportBatchTests {
    private static func file(_ ids: some Sequence<String>) -> String {
        "deviceID,secret\n" + ids.map { "\($0),secret-of-\($0)\n" }.joined()
    }

    private static func id(_ number: Int) -> String {
        let digits = String(number)
        return "dev-" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    private static func ids(_ rig: SecretsRig) async throws -> [String] {
        try await rig.secrets.secrets(after: "", limit: 1000).map(\.deviceID)
    }

    /// Rows as an interrupted import leaves them, whatever was read of its file.
    private static func stage(_ rig: SecretsRig, _ count: Int, batch: Int64) async throws {
        let end = rig.clock.now + 3600
        let sealed = (0..<count).map { rig.secrets.seal([UInt8(ascii: "x")], deviceID: id($0)) }
        try await rig.journal.store.write { db in
            for number in 0..<count {
                try db.run(
                    "INSERT INTO secret (device_id, batch, sealed, valid_until) VALUES (?, ?, ?, ?)",
                    [id(number), batch, sealed[number], end])
            }
        }
    }

    private static func unfinished(_ rig: SecretsRig) async throws -> [Int64] {
        try await rig.journal.store.read { db in try ImportStore.unfinished(in: db) }
    }

    /// The last row of a portion still meets its duplicates, which come with the next rows of the file.
    @Test(arguments: [
        1, SecretImport.chunkLength - 1, SecretImport.chunkLength, SecretImport.chunkLength + 1,
        2 * SecretImport.chunkLength, 2 * SecretImport.chunkLength + 1,
    ])
    func rowsAroundAPortion_AreAllStored_AndEveryDuplicateIsRefused(count: Int) async throws {
        let rig = try await SecretsRig()
        let ids = (0..<count).map(Self.id)
        let twice = Set([ids[0], ids[min(count, SecretImport.chunkLength) - 1], ids[count - 1]])
        let result = try await rig.importSecrets(Self.file(ids.reversed() + twice.sorted())) { $0.partial = true }
        #expect(result.added == count && result.refused == twice.count && result.rows == count + twice.count)
        #expect(result.refusals.map(\.line) == (0..<twice.count).map { count + 2 + $0 })
        #expect(result.refusals.allSatisfy { $0.reason == "the device is in this file twice" })
        #expect(try await Self.ids(rig) == ids)
    }

    /// So many rows are sorted at once; of what comes later the store knows the devices that were there.
    @Test func deviceOfAnEarlierRun_IsADuplicate_AndAnAbandonedRunLeavesNothing() async throws {
        let rig = try await SecretsRig()
        let job = try await rig.begin { $0.partial = true }
        let count = SecretImport.runLength
        try await job.feed(Array(Self.file((0..<count).lazy.map(Self.id)).utf8))
        try await job.feed(Array("\(Self.id(7)),again\nzz,new\n".utf8))
        #expect(try await rig.rows() >= count, "the first run is in the table")
        #expect(try await rig.secrets.secretCount() == 0, "but nobody sees it")
        #expect(try await Self.ids(rig).isEmpty)
        let result = try await job.finish(by: .hub)
        #expect(result.added == count + 1 && result.refused == 1)
        #expect(result.refusals.map(\.line) == [count + 2])
        let kept = try #require(try await rig.secret(of: Self.id(7)).secret)
        #expect(String(decoding: kept.value, as: UTF8.self) == "secret-of-" + Self.id(7))
    }

    @Test func abandonedImport_LeavesNeitherRowsNorItsMark() async throws {
        let rig = try await SecretsRig()
        try await rig.addSecret("posted", for: Self.id(3))
        let job = try await rig.begin()
        let batch = try #require(try await Self.unfinished(rig).first)
        try await Self.stage(rig, 2500, batch: batch)
        try await job.abandon()
        #expect(try await rig.rows() == 1)
        #expect(try await Self.unfinished(rig).isEmpty)
        #expect(try await Self.ids(rig) == [Self.id(3)])
    }

    @Test func importsInterruptedByARestart_AreClearedAway_AndTheirNumbersAreNotUsedAgain() async throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock(at: 1_900_000_000))
        let first = try await SecretsRig(folder: folder, clock: clock)
        try await first.addSecret("posted", for: Self.id(0))
        _ = try await (first.begin(), first.begin())
        let batches = try await Self.unfinished(first)
        for batch in batches { try await Self.stage(first, 1500, batch: batch) }
        try first.journal.store.close()
        let rig = try await SecretsRig(folder: folder, clock: clock)
        #expect(try await Self.ids(rig) == [Self.id(0)], "also before they are cleared away")
        #expect(try await rig.secrets.secret(listing: Self.id(0)).secret == nil)
        #expect(try await rig.secrets.clearUnfinishedImports() == batches && batches.count == 2)
        #expect(try await rig.rows() == 1)
        #expect(try await Self.unfinished(rig).isEmpty)
        #expect(try await rig.secrets.clearUnfinishedImports().isEmpty)
        let result = try await rig.importSecrets(Self.file([Self.id(1)]))
        #expect(result.number > batches.max() ?? .max)
    }

    /// The device was provisioned with what it had; what the import has for it was meant for the time before.
    @Test func secretUsedWhileAnImportRuns_IsUsedInTheImportToo() async throws {
        let rig = try await SecretsRig()
        try await rig.addSecret("posted", for: Self.id(0))
        let job = try await rig.begin()
        let batch = try #require(try await Self.unfinished(rig).first)
        try await Self.stage(rig, 2, batch: batch)
        let secret = try #require(try await rig.secret(of: Self.id(0)).secret)
        #expect(secret.batch == 0, "the import's is not visible yet")
        #expect(try await rig.use(secret))
        try await job.feed(Array("deviceID,secret\n".utf8))
        #expect(try await job.finish(by: .hub).isStored)
        #expect(try await rig.secret(of: Self.id(0)).secret == nil)
        #expect(try await Self.ids(rig) == [Self.id(1)])
    }

    @Test func twoImportsAtOnce_TheOneBegunLaterCounts() async throws {
        let rig = try await SecretsRig()
        let (first, second) = (try await rig.begin(), try await rig.begin())
        try await second.feed(Array("deviceID,secret\nd1,second\n".utf8))
        try await first.feed(Array("deviceID,secret\nd1,first\nd2,first\n".utf8))
        #expect(try await second.finish(by: .hub).isStored)
        #expect(try await first.finish(by: .hub).isStored)
        let listed = try await rig.secrets.secrets(after: "", limit: 9, revealing: true)
        #expect(listed.map(\.deviceID) == ["d1", "d2"] && listed.map(\.secret) == ["second", "first"])
        #expect(try await rig.secrets.secretCount() == 2)
    }

    @Test func diskThatIsFull_LeavesNothing_AndTheFileIsTakenOnceThereIsRoom() async throws {
        let rig = try await SecretsRig()
        let text = Self.file((0..<3000).map(Self.id))
        func limit(_ pages: String) async throws {
            try await rig.journal.store.write { db in
                _ = try db.value("PRAGMA max_page_count = \(pages)", as: Int.self)
            }
        }
        let used = try await rig.journal.store.read { db in try db.value("PRAGMA page_count", as: Int.self) ?? 0 }
        try await limit("\(used + 20)")
        await #expect(throws: ImportError.storeFull) { try await rig.importSecrets(text) }
        #expect(try await rig.rows() == 0)
        #expect(try await Self.unfinished(rig).isEmpty)
        try await limit("1073741823")
        #expect(try await rig.importSecrets(text).added == 3000)
    }
}
