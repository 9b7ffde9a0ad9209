import Foundation
import PKI
import Store
import Testing

@Suite struct GroupCommitTests {
    private static func makeStore(_ folder: URL) throws -> Store {
        try Store(
            path: folder.appendingPathComponent("hub.db").path, sealingKey: .random(),
            migrations: [
                { migrator in
                    migrator.register("test-0001") { db in
                        try db.script("CREATE TABLE item (id INTEGER PRIMARY KEY, writer INTEGER NOT NULL) STRICT")
                    }
                }
            ])
    }

    private static func withStore(_ body: (Store, URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("store-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(try makeStore(folder), folder)
    }

    @Test func concurrentWrites_AllHappen() async throws {
        try await Self.withStore { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<2000 {
                    group.addTask {
                        _ = try await store.write { db in
                            try db.run("INSERT INTO item VALUES (?, 1)", [number])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let count = try await store.read { db in try db.value("SELECT count(*) FROM item", as: Int.self) }
            #expect(count == 2000)
        }
    }

    @Test func failingWrite_UndoesOnlyItself() async throws {
        try await Self.withStore { store, _ in
            let failures = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        do {
                            try await store.write { db in
                                try db.run("INSERT INTO item VALUES (?, 1)", [number])
                                if number.isMultiple(of: 7) { throw CancellationError() }
                            }
                            return false
                        } catch { return error is CancellationError }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(failures == 43)
            let kept = try await store.read { db in
                try db.values("SELECT id FROM item ORDER BY id", as: Int.self)
            }
            #expect(kept == (0..<300).filter { !$0.isMultiple(of: 7) })
        }
    }

    @Test func acknowledgedWrite_IsInTheFileAnotherConnectionOpens() async throws {
        try await Self.withStore { store, folder in
            try await store.write { db in try db.run("INSERT INTO item VALUES (1, 1)") }
            let other = try Self.makeStore(folder)
            let count = try await other.read { db in try db.value("SELECT count(*) FROM item", as: Int.self) }
            #expect(count == 1)
        }
    }

    @Test func writerRunsWithFullSynchronousWAL() async throws {
        try await Self.withStore { store, _ in
            let modes = try await store.write { db in
                (
                    try db.value("PRAGMA journal_mode", as: String.self),
                    try db.value("PRAGMA synchronous", as: Int.self),
                    try db.value("PRAGMA foreign_keys", as: Int.self)
                )
            }
            #expect(modes.0 == "wal")
            #expect(modes.1 == 2)
            #expect(modes.2 == 1)
        }
    }

    @Test func lookUpSeesWhatIsCommitted_WhileAWriteIsUnderWay() async throws {
        try await Self.withStore { store, _ in
            try await store.write { db in try db.run("INSERT INTO item VALUES (1, 1)") }
            let (isWritten, maySee) = (DispatchSemaphore(value: 0), AsyncStream<Void>.makeStream())
            async let write: Void = store.write { db in
                try db.run("INSERT INTO item VALUES (2, 1)")
                maySee.continuation.finish()
                isWritten.wait()
            }
            for await _ in maySee.stream {}
            let seen = try await store.lookUp { reader in
                try reader.value("SELECT count(*) FROM item", as: Int.self)
            }
            isWritten.signal()
            try await write
            #expect(seen == 1)
        }
    }
}
