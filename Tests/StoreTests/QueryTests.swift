import Foundation
import GRDB
import PKI
import Store
import Testing

@Suite struct QueryTests {
    private static func withStore(_ body: (Store) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("store-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try Store(
            path: folder.appendingPathComponent("hub.db").path, sealingKey: .random(),
            migrations: [
                { migrator in
                    migrator.registerMigration("test-0001") { db in
                        try db.execute(
                            sql: "CREATE TABLE item (id INTEGER PRIMARY KEY, note TEXT, body BLOB, size INTEGER) STRICT"
                        )
                    }
                }
            ])
        try await body(store)
        try store.close()
    }

    private struct Item: Equatable {
        var note: String?
        var body: [UInt8]
        var size: Int64?
    }

    @Test func values_ComeBackAsTheyWere() async throws {
        try await Self.withStore { store in
            let items = [
                Item(note: "größer", body: [0, 1, 255], size: .max), Item(note: "", body: [], size: .min),
                Item(note: "a\0b", body: Array(repeating: 7, count: 100_000), size: 0),
                Item(note: nil, body: [], size: nil),
                Item(note: String(repeating: "n", count: 100_000), body: [], size: -1),
            ]
            try await store.write { db in
                for (id, item) in items.enumerated() {
                    let changed = try db.run(
                        "INSERT INTO item VALUES (?, ?, ?, ?)",
                        [
                            .integer(Int64(id)), .string(orNull: item.note), .bytes(item.body),
                            .integer(orNull: item.size),
                        ])
                    #expect(changed == 1)
                }
            }
            let found = try store.lookUp { db in
                try db.all("SELECT note, body, size FROM item ORDER BY id", []) { columns -> Item? in
                    Item(note: columns.optionalString(0), body: columns.bytes(1), size: columns.optionalInteger(2))
                }
            }
            #expect(found == items)
            let types = try store.lookUp { db in
                try String.fetchAll(db, sql: "SELECT typeof(note) || typeof(body) FROM item ORDER BY id")
            }
            #expect(types == ["textblob", "textblob", "textblob", "nullblob", "textblob"])
            #expect(
                try store.lookUp { db in try db.first("SELECT 1 FROM item WHERE id = ?", [.integer(9)]) { _ in 1 } }
                    == nil)
        }
    }

    @Test func refusedStatement_ThrowsAndCanBeUsedAgain() async throws {
        try await Self.withStore { store in
            let insert = "INSERT INTO item (id, size) VALUES (?, ?)"
            try await store.write { db in
                try db.run(insert, [.integer(1), .null])
                let error = #expect(throws: DatabaseError.self) { try db.run(insert, [.integer(1), .null]) }
                #expect(error?.resultCode == .SQLITE_CONSTRAINT)
                #expect(error?.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY)
                try db.run(insert, [.integer(2), .integer(5)])
                #expect(try db.run("UPDATE item SET size = 6", []) == 2)
            }
            #expect(throws: DatabaseError.self) { try store.lookUp { db in try db.run("DELETE FROM item", []) } }
            #expect(try store.lookUp { db in try db.first("SELECT sum(size) FROM item", []) { $0.integer(0) } } == 12)
        }
    }

    @Test func moreLookUpsAtOnceThanConnections_AllAnswer() async throws {
        try await Self.withStore { store in
            _ = try await store.write { db in try db.run("INSERT INTO item (id) VALUES (?)", [.integer(1)]) }
            try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<500 {
                    group.addTask {
                        try store.lookUp { db in
                            try store.lookUp { inner in
                                try inner.first("SELECT count(*) FROM item", []) { $0.integer(0) }
                            }
                        }
                    }
                }
                for try await count in group { #expect(count == 1) }
            }
        }
    }

    @Test func lookUpsWhileTheStoreIsClosed_AnswerOrThrow() async throws {
        for _ in 0..<50 {
            try await Self.withStore { store in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<50 {
                                let count = try? store.lookUp { db in
                                    try db.first("SELECT count(*) FROM item", []) { $0.integer(0) }
                                }
                                #expect(count == 0 || count == nil)
                            }
                        }
                    }
                    group.addTask { try store.close() }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func absence_IsLookedUpOnce_UntilForgottenOrRolledBack() async throws {
        try await Self.withStore { (store: Store) async throws -> Void in
            /// How often it was looked for in a write that asks twice.
            func looks(forget: Bool = false, failing: Bool = false) async throws -> Int {
                let looks = Counter()
                try? await store.write { db in
                    if forget { store.absences.forget("item") }
                    for _ in 1...2 {
                        let isAbsent = store.absences.isAbsent("item", in: db) {
                            looks.count += 1
                            return false
                        }
                        #expect(isAbsent)
                    }
                    if failing { throw CancellationError() }
                }
                return looks.count
            }
            #expect(try await looks() == 1)
            #expect(try await looks() == 0)
            #expect(try await looks(forget: true) == 1)
            #expect(try await looks(failing: true) == 0)
            #expect(try await looks() == 1, "the rollback forgot it")
        }
    }

    @Test func absenceAReaderSees_IsNotRemembered() async throws {
        try await Self.withStore { store in
            let seen = try store.lookUp { db in store.absences.isAbsent("item", in: db) { false } }
            #expect(seen)
            let isAbsent = try await store.write { db in store.absences.isAbsent("item", in: db) { true } }
            #expect(!isAbsent)
        }
    }
}

/// Counts on the writer's thread only.
private final class Counter: @unchecked Sendable {
    var count = 0
}
