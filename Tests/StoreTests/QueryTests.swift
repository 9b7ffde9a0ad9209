import Foundation
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
                    migrator.register("test-0001") { db in
                        try db.script(
                            "CREATE TABLE item (id INTEGER PRIMARY KEY, note TEXT, body BLOB, size INTEGER) STRICT")
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
            let found = try await store.lookUp { db in
                try db.all("SELECT note, body, size FROM item ORDER BY id", []) { columns -> Item? in
                    Item(note: columns.optionalString(0), body: columns.bytes(1), size: columns.optionalInteger(2))
                }
            }
            #expect(found == items)
            let types = try await store.lookUp { db in
                try db.values("SELECT typeof(note) || typeof(body) FROM item ORDER BY id", as: String.self)
            }
            #expect(types == ["textblob", "textblob", "textblob", "nullblob", "textblob"])
            #expect(
                try await store.lookUp { db in try db.first("SELECT 1 FROM item WHERE id = ?", [.integer(9)]) { _ in 1 }
                }
                    == nil)
        }
    }

    @Test func everyType_IsReadAsItWasBound_NullAsItsAbsence() async throws {
        try await Self.withStore { store in
            try await store.write { db in
                let insert = "INSERT INTO item (id, note, body, size) VALUES (?, ?, ?, ?)"
                try db.run(insert, [1, "a", [1, 2] as [UInt8], true])
                try db.run(insert, [2, nil as String?, nil as [UInt8]?, nil as Int64?])
            }
            try await store.read { db in
                let select = "SELECT note, body, size FROM item WHERE id = ?"
                let full = try db.first(select, [1]) { row in
                    (row[0] as String?, row[1] as [UInt8]?, row[2] as Int?, row[2] as Bool)
                }
                #expect(full?.0 == "a" && full?.1 == [1, 2] && full?.2 == 1 && full?.3 == true)
                let empty = try db.first(select, [2]) { row in
                    (row[0] as String?, row[1] as [UInt8]?, row[2] as Int64?, row[0] as String, row[2] as Bool)
                }
                #expect(empty?.0 == nil && empty?.1 == nil && empty?.2 == nil && empty?.3 == "" && empty?.4 == false)
                #expect(try db.value("SELECT size FROM item WHERE id = ?", [2], as: Int64.self) == nil)
                #expect(try db.value("SELECT size FROM item WHERE id = ?", [3], as: Int64.self) == nil)
                #expect(try db.values("SELECT id FROM item ORDER BY id", as: Int.self) == [1, 2])
            }
        }
    }

    @Test func visitThatAnswersFalse_EndsTheStatement_WhichCanRunAgain() async throws {
        try await Self.withStore { store in
            try await store.write { db in
                for id in 1...5 { try db.run("INSERT INTO item (id) VALUES (?)", [id]) }
                for last in [2, 5] {
                    var seen: [Int] = []
                    try db.each("SELECT id FROM item ORDER BY id") { row in
                        seen.append(row[0])
                        return row[0] as Int != last
                    }
                    #expect(seen == Array(1...last))
                }
                #expect(throws: CancellationError.self) {
                    try db.each("SELECT id FROM item ORDER BY id") { _ in throw CancellationError() }
                }
                #expect(try db.run("DELETE FROM item") == 5, "no statement is still open on the table")
            }
        }
    }

    @Test func returnedColumn_IsOfTheRowThatWasWritten() async throws {
        try await Self.withStore { store in
            let insert = "INSERT INTO item (note) VALUES (?) RETURNING id"
            for id in 1...2 as ClosedRange<Int64> {
                let returned = try await store.write { db in try db.value(insert, ["a"], as: Int64.self) }
                #expect(returned == id)
            }
            let count = try await store.read { db in try db.value("SELECT count(*) FROM item", as: Int.self) }
            #expect(count == 2)
        }
    }

    @Test func refusedStatement_ThrowsAndCanBeUsedAgain() async throws {
        try await Self.withStore { store in
            let insert = "INSERT INTO item (id, size) VALUES (?, ?)"
            try await store.write { db in
                try db.run(insert, [.integer(1), .null(.integer)])
                let error = #expect(throws: StoreError.self) { try db.run(insert, [.integer(1), .null(.integer)]) }
                #expect(error == .constraint("UNIQUE constraint failed: item.id"))
                try db.run(insert, [.integer(2), .integer(5)])
                #expect(try db.run("UPDATE item SET size = 6", []) == 2)
            }
            await #expect(throws: StoreError.self) {
                try await store.lookUp { db in try db.run("DELETE FROM item", []) }
            }
            let sum = try await store.lookUp { db in try db.first("SELECT sum(size) FROM item", []) { $0.integer(0) } }
            #expect(sum == 12)
        }
    }

    @Test func moreLookUpsAtOnceThanConnections_AllAnswer() async throws {
        try await Self.withStore { store in
            _ = try await store.write { db in try db.run("INSERT INTO item (id) VALUES (?)", [.integer(1)]) }
            try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<500 {
                    group.addTask {
                        try await store.lookUp { db in
                            try db.first("SELECT count(*) FROM item", []) { $0.integer(0) }
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
                                let count = try? await store.lookUp { db in
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
            let seen = try await store.lookUp { db in store.absences.isAbsent("item", in: db) { false } }
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
