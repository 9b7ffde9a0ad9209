import Foundation
import PKI
import Testing

@testable import Store

/// What is kept in memory is true for as long as nobody has changed the tables it was read from.
@Suite struct TableChangesTests {
    private static func with(_ body: (Store) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("changes-\(UUID().uuidString).db").path
        let store = try Store(
            path: path, sealingKey: .random(),
            migrations: [
                { list in
                    list.register("test-0001") { db in
                        try db.script(
                            "CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT; CREATE TABLE two (id INTEGER) STRICT")
                    }
                }
            ])
        defer { for rest in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + rest) } }
        try await body(store)
        try store.close()
    }

    @Test(arguments: [
        ("INSERT INTO one (id) VALUES (1)", "one"), ("INSERT INTO one(id) VALUES (1)", "one"),
        ("INSERT INTO one\n(id) VALUES (1)", "one"), ("UPDATE one SET id = 2", "one"),
        ("UPDATE one AS it SET id = 2", "one"), ("DELETE FROM one WHERE id = 1", "one"), ("DELETE FROM one", "one"),
        ("\n    UPDATE\n        two SET id = 1", "two"), ("WITH it AS (SELECT 1) INSERT INTO one SELECT 1", nil),
        ("REPLACE INTO one VALUES (1)", nil), ("DROP TABLE one", nil), ("", nil), ("INSERT INTO", nil),
    ])
    func tableOfAStatement_IsToldByItsText_OrNotAtAll(sql: String, table: String?) {
        #expect(TableChanges.table(changedBy: sql) == table)
    }

    @Test func version_GrowsWithChangesOfWatchedTables_AndWithNothingElse() async throws {
        try await Self.with { store in
            let (one, both) = (store.watch("one"), store.watch("one", "two"))
            let start = (store.version(of: one), store.version(of: both))
            try await store.write { db in
                _ = try db.value("SELECT count(*) FROM one", as: Int.self)
                try db.run("INSERT INTO two VALUES (?)", [.integer(1)])
            }
            #expect(store.version(of: one) == start.0, "only the other one was changed")
            #expect(store.version(of: both) > start.1)
            let before = store.version(of: one)
            _ = try await store.lookUp { db in try db.value("SELECT count(*) FROM one", as: Int.self) }
            _ = try await store.read { db in try db.value("SELECT count(*) FROM one", as: Int.self) }
            await #expect(throws: CancellationError.self) {
                try await store.write { db in
                    try db.run("INSERT INTO one VALUES (?)", [.integer(9)])
                    throw CancellationError()
                }
            }
            #expect(store.version(of: one) == before, "it was rolled back")
            try await store.write { db in
                let rows = try db.repeated("INSERT INTO one VALUES (?)")
                for id in 1...3 {
                    rows.bind(1, integer: Int64(id))
                    _ = try rows.run()
                }
            }
            #expect(store.version(of: one) > before)
            let script = store.version(of: one)
            try await store.write { db in try db.script("DELETE FROM two") }
            #expect(store.version(of: one) > script, "what a script changes is not known")
        }
    }

    /// Writers that change a row and readers who keep what they read: nobody who begins after a write has returned is
    /// told the value from before it.
    @Test func valuesKeptByVersion_AreNeverOlderThanTheLastWriteThatReturned() async throws {
        try await Self.with { store in
            let (tables, kept) = (store.watch("one"), RecentValues<String, Int>(limit: 2))
            @Sendable func read() async throws -> Int {
                let version = store.version(of: tables)
                if let value = kept.value("max", version: version) { return value }
                let value = try await store.lookUp { db in
                    try db.value("SELECT max(id) FROM one", as: Int.self) ?? 0
                }
                kept.keep(value, for: "max", version: version)
                return value
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for reader in 0..<8 {
                    group.addTask {
                        for number in 0..<40 where number % 8 == reader {
                            let id = try await store.write { db -> Int in
                                let next = (try db.value("SELECT max(id) FROM one", as: Int.self) ?? 0) + 1
                                try db.run("INSERT INTO one VALUES (?)", [next])
                                return next
                            }
                            for _ in 0..<20 { #expect(try await read() >= id) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await read() == 40)
        }
    }

    @Test func recentValues_KeepThoseUsedLast_AndOfOneVersionOnly() {
        let values = RecentValues<Int, String>(limit: 8)
        for key in 0..<4 { values.keep("\(key)", for: key) }
        // Used again and again, it stays, whatever else comes.
        for key in 4..<100 {
            #expect(values.value(0) == "0")
            values.keep("\(key)", for: key)
        }
        #expect((0..<100).count { values.value($0) != nil } <= 8)
        #expect(values.value(99) == "99" && values.value(1) == nil)
        values.keep("new", for: 1, version: 5)
        #expect(values.value(99, version: 5) == nil && values.value(1, version: 5) == "new")
        values.keep("late", for: 1, version: 4)
        #expect(values.value(1, version: 5) == "new" && values.value(1, version: 4) == nil)
        #expect(values.value(1) == nil, "an older version is not true any more")
    }
}
