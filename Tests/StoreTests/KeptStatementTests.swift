import Foundation
import PKI
import Store
import Testing

/// Statements that hold lists: none fails the hub, whatever stands in them.
@Suite struct KeptStatementTests {
    private static func withStore(_ body: (Store) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("store-" + UUID().uuidString).path
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        let store = try Store(
            path: path, sealingKey: .random(),
            migrations: [{ $0.register("test-0001") { db in try db.script("CREATE TABLE item (id INTEGER) STRICT") } }])
        try await store.write { db in for id in 1...40 { try db.run("INSERT INTO item VALUES (?)", [id]) } }
        try await body(store)
        try store.close()
    }

    @Test(arguments: [0, 1, 32, 33, 40, 5000])
    func list_FindsWhatIsInIt(_ count: Int) async throws {
        try await Self.withStore { store in
            let ids = Array(1...max(1, count)).prefix(count)
            for _ in 1...2 {
                let found = try await store.read { db in
                    try db.values(
                        "SELECT id FROM item WHERE id IN \(SQLText.list(ids.count)) ORDER BY id", Array(ids),
                        as: Int.self)
                }
                #expect(found == Array(1...40).filter { $0 <= count })
            }
        }
    }

    @Test func valuesThatAreTooManyOrTooFew_AreAnError() async throws {
        try await Self.withStore { store in
            for values in [[], [1, 2]] as [[Int]] {
                await #expect(throws: StoreError.self) {
                    try await store.read { db in
                        try db.value("SELECT id FROM item WHERE id = ?", values, as: Int.self)
                    }
                }
            }
        }
    }
}
