internal import BaseTestSupport
import Foundation
import PKI
import Store
import Testing

/// Writes, look-ups and refusals by many at once, against a plain model.
@Suite struct StoreModelTests {
    private static func store(_ folder: WorkFolder) throws -> Store {
        try Store(
            path: folder.path + "/hub.db", sealingKey: .random(),
            migrations: [
                { migrations in
                    migrations.register("test-0001") { db in
                        try db.script(
                            """
                            CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL,
                                size INTEGER NOT NULL CHECK (size >= 0), body BLOB) STRICT;
                            CREATE TABLE part (item TEXT NOT NULL REFERENCES item (name)) STRICT;
                            """)
                    }
                }
            ])
    }

    private struct Refused: Error {}

    /// One step of a writer; answers whether it counts.
    private static func step(_ store: Store, _ name: String, _ kind: Int) async -> Bool {
        do {
            try await store.write { db in
                try db.run(
                    "INSERT INTO item (name, size) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET size = item.size + 1",
                    [name])
                switch kind {
                case 0: throw Refused()
                case 1: try db.run("INSERT INTO item (name, size) VALUES (?, 0)", [name])
                case 2: try db.run("UPDATE item SET size = -1 WHERE name = ?", [name])
                default: break
                }
            }
            return true
        } catch { return false }
    }

    /// Each writer goes on only when its change is durable, and finds it; what was refused left nothing.
    @Test(arguments: [1, 2] as [UInt64])
    func thousandsOfWrites_CountAsTheirWritersWereTold(seed: UInt64) async throws {
        let folder = try WorkFolder()
        let store = try Self.store(folder)
        let told = try await withThrowingTaskGroup(of: (String, Int).self) { group in
            for writer in 0..<100 {
                group.addTask {
                    var random = SeededGenerator(seed &* 1000 &+ UInt64(writer))
                    let name = "writer \(writer)"
                    var size = 0
                    for _ in 0..<30 {
                        let kind = Int.random(in: 0..<8, using: &random)
                        let counts = await Self.step(store, name, kind)
                        #expect(counts == (kind > 2))
                        if counts { size += 1 }
                        let seen = try await store.lookUp { db in
                            try db.value("SELECT size FROM item WHERE name = ?", [name], as: Int.self)
                        }
                        #expect(seen ?? 0 == size)
                    }
                    return (name, size)
                }
            }
            return try await group.reduce(into: [String: Int]()) { $0[$1.0] = $1.1 }
        }
        try store.close()
        let again = try Self.store(folder)
        let kept = try await again.read { db in
            try db.all("SELECT name, size FROM item") { row in (row[0] as String, row[1] as Int) }
        }
        #expect(Dictionary(uniqueKeysWithValues: kept) == told.filter { $0.value > 0 })
        try again.close()
    }

    @Test func writesOfOneWriter_KeepTheirOrder_HoweverManyOthersWrite() async throws {
        let store = try Self.store(try WorkFolder())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<20 {
                group.addTask {
                    for number in 0..<50 {
                        try await store.write { db in
                            try db.run("INSERT INTO item (name, size) VALUES (?, ?)", ["\(writer)/\(number)", number])
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        for writer in 0..<20 {
            let sizes = try await store.read { db in
                try db.values(
                    "SELECT size FROM item WHERE name LIKE ? ORDER BY id", ["\(writer)/%"], as: Int.self)
            }
            #expect(sizes == Array(0..<50))
        }
    }

    /// What was queued happens, and the writer is told so: a cancelled task must not leave it open.
    @Test func cancelledWriter_StillLearnsWhatBecameOfItsWrite() async throws {
        let store = try Self.store(try WorkFolder())
        let told = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask { await Self.step(store, "item \(number)", number % 2 == 0 ? 9 : 0) }
            }
            group.cancelAll()
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(told == 100)
        #expect(try await store.read { db in try db.value("SELECT count(*) FROM item", as: Int.self) } == 100)
    }

    @Test func fullStore_RefusesWhatNeedsRoom_AndKeepsTheRest() async throws {
        let store = try Self.store(try WorkFolder())
        try await store.write { db in
            try db.run("INSERT INTO item (name, size) VALUES ('kept', 1)")
            let pages = try db.value("PRAGMA page_count", as: Int.self) ?? 0
            _ = try db.value("PRAGMA max_page_count = \(pages + 2)", as: Int.self)
        }
        let error = await #expect(throws: StoreError.self) {
            try await store.write { db in
                try db.run(
                    "INSERT INTO item (name, size, body) VALUES ('large', 1, ?)",
                    [[UInt8](repeating: 1, count: 1 << 20)])
            }
        }
        #expect(error == .full && error.flatMap(WriteFault.init) == .full)
        #expect(await Self.step(store, "small", 9))
        #expect(
            try await store.read { db in try db.values("SELECT name FROM item", as: String.self) } == ["kept", "small"])
    }

    @Test(arguments: [
        ("INSERT INTO item (name, size) VALUES ('a', 1)", "UNIQUE constraint failed: item.name"),
        ("INSERT INTO item (name, size) VALUES ('b', -1)", "CHECK constraint failed: size >= 0"),
        ("INSERT INTO item (name, size) VALUES (NULL, 1)", "NOT NULL constraint failed: item.name"),
        ("INSERT INTO part VALUES ('nothing')", "FOREIGN KEY constraint failed"),
        ("DELETE FROM item", "FOREIGN KEY constraint failed"),
        ("UPDATE item SET size = 'x'", "cannot store TEXT value in INTEGER column item.size"),
    ])
    func rowThatBreaksARule_IsAConstraint(statement: String, words: String) async throws {
        let store = try Self.store(try WorkFolder())
        try await store.write { db in
            try db.run("INSERT INTO item (name, size) VALUES ('a', 1)")
            try db.run("INSERT INTO part VALUES ('a')")
        }
        await #expect(throws: StoreError.constraint(words)) { try await store.write { db in try db.run(statement) } }
        #expect(WriteFault(StoreError.constraint(words)) == nil)
        #expect(try await store.read { db in try db.value("SELECT sum(size) FROM item", as: Int.self) } == 1)
    }

    @Test func fileThatIsNoDatabase_OrADamagedOne_IsSaidToBe() async throws {
        let folder = try WorkFolder()
        try folder.put("hub.db", Array("This is a letter, and no database.".utf8) + Array(repeating: 0, count: 9000))
        #expect(throws: StoreError.damaged("file is not a database")) { try Self.store(folder) }
        let other = try WorkFolder()
        let store = try Self.store(other)
        try await store.write { db in
            for number in 0..<2000 { try db.run("INSERT INTO item (name, size) VALUES (?, 1)", ["name \(number)"]) }
        }
        try store.close()
        var bytes = try other.get("hub.db")
        for place in bytes.indices.dropFirst(3 * 4096) { bytes[place] = 0xA5 }
        try other.put("hub.db", bytes)
        let error = await #expect(throws: StoreError.self) {
            let damaged = try Self.store(other)
            _ = try await damaged.read { db in try db.values("SELECT name FROM item", as: String.self) }
        }
        guard case .damaged = error else {
            Issue.record("\(error.debugDescription)")
            return
        }
    }

    // MARK: - Statements that run for many rows

    @Test func repeatedStatement_BindsWhatItIsGiven_AlsoWhatIsEmpty() async throws {
        let store = try Self.store(try WorkFolder())
        try await store.write { db in
            let statement = try db.repeated(
                "INSERT INTO item (name, size, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
            let rows: [(name: [UInt8], body: [UInt8])] = [
                (Array("é\0x".utf8), [0, 255]), ([], []), (Array(repeating: 0x61, count: 70_000), [1]),
            ]
            for (size, row) in rows.enumerated() {
                statement.bind(1, text: row.name[...])
                statement.bind(2, integer: Int64(size))
                statement.bind(3, bytes: row.body)
                #expect(try statement.run() == 1)
                #expect(try statement.run() == 0, "the name is taken, and what was bound is still there")
            }
            statement.clear()
            #expect(throws: StoreError.self) { try statement.run() }
            statement.bind(1, text: Array("after an error".utf8)[...])
            statement.bind(2, integer: 7)
            #expect(try statement.run() == 1)
            let kept = try db.all("SELECT name, typeof(body), size FROM item ORDER BY size") { row in
                "\((row[0] as String).utf8.count) \(row[1] as String) \(row[2] as Int)"
            }
            #expect(kept == ["4 blob 0", "0 blob 1", "70000 blob 2", "14 null 7"])
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func settings_AreWhatWasSetLast(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let folder = try WorkFolder()
        var store = try Self.store(folder)
        var model: [String: [UInt8]] = [:]
        let names = ["a", "A", "a ", "", "é"]
        for step in 0..<40 {
            let (name, value, isUndone) = (random.pick(names), random.bytes(0...40), step % 5 == 4)
            try? await store.write { db in
                try Settings.set(name, to: value, in: db)
                if isUndone { throw CancellationError() }
            }
            if !isUndone { model[name] = value }
            if step == 20 {
                try store.close()
                store = try Self.store(folder)
            }
            for name in names {
                #expect(try await store.lookUp { db in try Settings.value(name, in: db) } == model[name])
            }
        }
    }
}
