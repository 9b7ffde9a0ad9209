import Files
import Foundation
import PKI
import Testing

@testable import Store

/// The copy that is kept before an existing store is changed, and the stores that are not opened at all.
@Suite struct StoreUpgradeTests {
    /// A folder with a store of a release that knows so many of four migrations.
    private struct Place {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("upgrade-" + UUID().uuidString)
        var path: String { folder.path + "/hub.db" }
        /// What is in the folder, but for what a store leaves that was not closed because it did not open.
        var names: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
                .filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }.sorted()
        }

        func open(_ count: Int, release: String?, failing: Bool = false) throws -> Store {
            try Store(
                path: path, sealingKey: SealingKey([UInt8](repeating: 1, count: 32)),
                migrations: [
                    { list in
                        for number in 1...count {
                            list.register("test-000\(number)") { db in
                                try db.run("CREATE TABLE item\(number) (id INTEGER PRIMARY KEY) STRICT")
                                if failing, number == count { throw StoreError.failed("as planned") }
                            }
                        }
                    }
                ], release: release)
        }

        /// How many tables a file has, opened as it is.
        func tables(_ name: String) async throws -> Int {
            let store = try Store(
                path: folder.path + "/" + name, sealingKey: SealingKey([UInt8](repeating: 1, count: 32)),
                migrations: [])
            defer { try? store.close() }
            return try await store.read { db in
                (1...4).count { (try? db.value("SELECT count(*) FROM item\($0)", as: Int.self)) != nil }
            }
        }
    }

    private static func with(_ body: (Place) async throws -> Void) async throws {
        let place = Place()
        try FileManager.default.createDirectory(at: place.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place.folder) }
        try await body(place)
    }

    @Test func newStore_AndOneThatIsUpToDate_AreNotCopied() async throws {
        try await Self.with { place in
            for release in ["1.0.0", "1.0.1"] {
                try place.open(2, release: release).close()
                #expect(place.names == ["hub.db"])
            }
        }
    }

    @Test func existingStore_IsCopiedAsItWas_AndTheNewestCopyKept() async throws {
        try await Self.with { place in
            try place.open(1, release: "1.0.0").close()
            try place.open(2, release: "1.1.0").close()
            #expect(place.names == ["hub.db", "hub.db.before-1.1.0"])
            #expect(try SecureFile.mode(place.path + ".before-1.1.0") == 0o600)
            try place.open(4, release: "2.0.0").close()
            #expect(place.names == ["hub.db", "hub.db.before-2.0.0"])
            #expect(try await place.tables("hub.db.before-2.0.0") == 2)
            #expect(try await place.tables("hub.db") == 4)
        }
    }

    @Test func copyHoldsWhatIsOnlyInTheWAL() async throws {
        try await Self.with { place in
            let store = try place.open(1, release: nil)
            try await store.write { db in try db.run("INSERT INTO item1 VALUES (7)") }
            // Still open: nothing was moved out of the WAL.
            try place.open(2, release: "2.0.0").close()
            try store.close()
            let copy = try Store(path: place.path + ".before-2.0.0", sealingKey: .random(), migrations: [])
            #expect(try await copy.lookUp { db in try db.value("SELECT id FROM item1", as: Int.self) } == 7)
            try copy.close()
        }
    }

    @Test func upgradeThatWasInterrupted_KeepsTheCopyFromBeforeIt() async throws {
        try await Self.with { place in
            try place.open(1, release: "1.0.0").close()
            // Two of three changes are made, then it ends; so it does the second time.
            for _ in 1...2 {
                #expect(throws: StoreError.failed("as planned")) {
                    _ = try place.open(4, release: "2.0.0", failing: true)
                }
                #expect(place.names.contains("hub.db.upgrading"))
            }
            #expect(try await place.tables("hub.db.before-2.0.0") == 1)
            // A later release finishes it; what is kept is still the store from before all of it.
            try place.open(4, release: "2.0.1").close()
            #expect(place.names == ["hub.db", "hub.db.before-2.0.0"])
            #expect(try await place.tables("hub.db.before-2.0.0") == 1)
            #expect(try await place.tables("hub.db") == 4)
        }
    }

    @Test func storeOfANewerRelease_IsLeftAlone_AndTheCopyFromBeforeItNamed() async throws {
        try await Self.with { place in
            try place.open(3, release: "3.0.0").close()
            #expect(throws: StoreUpgradeError.newer(file: place.path, copy: nil)) {
                _ = try place.open(2, release: "2.0.0")
            }
            #expect(try await place.tables("hub.db") == 3 && place.names == ["hub.db"])
            try place.open(4, release: "3.1.0").close()
            let copy = place.path + ".before-3.1.0"
            #expect(throws: StoreUpgradeError.newer(file: place.path, copy: copy)) {
                _ = try place.open(2, release: "2.0.0")
            }
            // What the message tells to do.
            try SecureFile.move(copy, to: place.path)
            try place.open(3, release: "3.0.0").close()
        }
    }

    @Test func storeThatWasPutBackDuringAnUpgrade_IsCopiedAnew() async throws {
        try await Self.with { place in
            try place.open(1, release: "1.0.0").close()
            #expect(throws: StoreError.self) { _ = try place.open(4, release: "2.0.0", failing: true) }
            // As the manual says; then the old release writes to it.
            try SecureFile.move(place.path + ".before-2.0.0", to: place.path)
            for rest in ["-wal", "-shm"] { SecureFile.remove(place.path + rest) }
            let store = try place.open(1, release: "1.0.0")
            #expect(store.upgradedFrom == nil)
            try await store.write { db in try db.run("INSERT INTO item1 VALUES (7)", []) }
            try store.close()
            let upgraded = try place.open(4, release: "2.0.0")
            #expect(upgraded.upgradedFrom == place.path + ".before-2.0.0")
            try upgraded.close()
            let copy = try Store(path: place.path + ".before-2.0.0", sealingKey: .random(), migrations: [])
            #expect(try await copy.lookUp { db in try db.value("SELECT id FROM item1", as: Int.self) } == 7)
            try copy.close()
        }
    }

    @Test func copyToGoBackTo_IsTheLatest_WhateverItsName() async throws {
        try await Self.with { place in
            try place.open(2, release: "0.9.0").close()
            for (seconds, version) in [(100, "0.9.0"), (200, "0.10.0")] {
                let copy = place.path + ".before-" + version
                try SecureFile.write("\(version)", to: copy, mode: 0o600)
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: Double(seconds))], ofItemAtPath: copy)
            }
            #expect(throws: StoreUpgradeError.newer(file: place.path, copy: place.path + ".before-0.10.0")) {
                _ = try place.open(1, release: "0.9.0")
            }
        }
    }

    @Test func leftoversOfAnInterruptedCopy_TakeNoRoom() async throws {
        try await Self.with { place in
            try place.open(1, release: "1.0.0").close()
            for rest in ["", "-journal", "-wal"] {
                try SecureFile.write("half", to: place.path + ".before.part" + rest, mode: 0o600)
            }
            try place.open(2, release: "2.0.0").close()
            #expect(place.names == ["hub.db", "hub.db.before-2.0.0"])
        }
    }

    @Test func copyWithoutRoom_StopsBeforeAnythingIsChanged() async throws {
        try await Self.with { place in
            try place.open(1, release: "1.0.0").close()
            let size = SecureFile.size(place.path)
            for (free, fits) in [(0, false), (size + 16 << 20 - 1, false), (size + 16 << 20, true)] {
                let upgrade = StoreUpgrade(store: place.path, version: "2.0.0") { _ in free }
                if fits {
                    try upgrade.requireRoom()
                } else {
                    #expect(throws: StoreUpgradeError.noRoom(file: place.path, needed: size, free: free)) {
                        try upgrade.requireRoom()
                    }
                }
            }
            #expect(place.names == ["hub.db"])
        }
    }

    @Test func damagedStore_IsNotUpgraded() async throws {
        try await Self.with { place in
            let store = try place.open(1, release: "1.0.0")
            try await store.write { db in
                for id in 1...5000 { try db.run("INSERT INTO item1 VALUES (?)", [.integer(Int64(id))]) }
            }
            try store.close()
            var bytes = try SecureFile.bytes(place.path)
            for index in bytes.count / 2..<bytes.count { bytes[index] = 0x5A }
            try SecureFile.write(bytes, to: place.path, mode: 0o600)
            #expect {
                _ = try place.open(2, release: "2.0.0")
            } throws: { error in
                switch error {
                case StoreUpgradeError.damaged, StoreError.damaged: true
                default: false
                }
            }
            #expect(!place.names.contains { $0.hasPrefix("hub.db.before") }, "\(place.names)")
        }
    }
}
