import Files
import Foundation
import PKI
import Store
import Testing

/// Where the key comes from that encrypts secrets at rest, and which one is refused.
@Suite struct StoreKeyTests {
    private struct Place {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("key-" + UUID().uuidString)
        var own: String { folder.path + "/store.key" }
        var database: String { folder.path + "/hub.db" }
        var mark: String { folder.path + "/store.id" }

        /// What a start does before it opens the store, without a key that somebody gives.
        func require(isNew: Bool = false) throws {
            try StoreKey.requireStore(own: own, mark: mark, database: database, isNew: isNew)
        }

        func settle(used: String? = nil) throws { try StoreKey.settle(own: own, used: used ?? own, mark: mark) }

        func check(_ store: Store) async throws {
            try await StoreKey.check(store, file: own, mark: mark, database: database)
        }

        func open(given: String = "", credentials: String? = nil) throws -> (key: SealingKey, file: String) {
            try StoreKey.open(own: own, given: given, credentials: credentials, database: database)
        }
    }

    private static func with(_ body: (Place) async throws -> Void) async throws {
        let place = Place()
        try FileManager.default.createDirectory(at: place.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place.folder) }
        try await body(place)
    }

    @Test func firstStart_MakesAKeyThatOnlyTheOwnerReads_AndTheNextReadsIt() async throws {
        try await Self.with { place in
            try place.require()
            let made = try place.open()
            #expect(made.file == place.own && !SecureFile.exists(place.own))
            try SecureFile.write([], to: place.database, mode: 0o600)
            try place.settle()
            #expect(try SecureFile.mode(place.own) == 0o600 && SecureFile.mode(place.mark) == 0o600)
            #expect(try SecureFile.bytes(place.own).count == 32)
            try place.require()
            #expect(try place.open().key.bytes == made.key.bytes)
        }
    }

    @Test func firstStart_InterruptedAnywhere_GoesOn() async throws {
        try await Self.with { place in
            // Before the store: it begins again.
            let lost = try place.open()
            try place.require()
            let made = try place.open()
            #expect(made.key.bytes != lost.key.bytes)
            // After the store was made, with the key under its first name.
            try SecureFile.write([], to: place.database, mode: 0o600)
            try place.require()
            #expect(try place.open().key.bytes == made.key.bytes)
            try place.settle()
            // A mark that was not written yet is written at the next start, and stays what it is then.
            SecureFile.remove(place.mark)
            try place.settle()
            let mark = try SecureFile.read(place.mark)
            try place.settle()
            #expect(try SecureFile.read(place.mark) == mark)
        }
    }

    @Test(arguments: ["store.id", "store.key"]) func storeThatIsGone_StopsTheStart_UntilANewOneIsWanted(
        sign: String
    ) async throws {
        try await Self.with { place in
            let sign = place.folder.path + "/" + sign
            try SecureFile.write([UInt8](repeating: 7, count: 32), to: sign, mode: 0o600)
            for rest in ["-wal", "-shm"] { try SecureFile.write([1], to: place.database + rest, mode: 0o600) }
            #expect(throws: StoreKey.Problem.storeMissing(database: place.database, because: sign)) {
                try place.require()
            }
            try place.require(isNew: true)
            // What is left of the old store would be taken for a part of the new one.
            #expect(!SecureFile.exists(place.database + "-wal") && !SecureFile.exists(place.database + "-shm"))
            // The key is kept: a store that turns up again can be read with it.
            let key = try place.open().key.bytes
            #expect((key == [UInt8](repeating: 7, count: 32)) == sign.hasSuffix("store.key"))
        }
    }

    @Test func emptyStoreBesideItsMark_IsNotTakenForANewOne() async throws {
        try await Self.with { place in
            let store = try Store(path: place.database, sealingKey: .random(), migrations: [])
            try SecureFile.write("somebody's\n", to: place.mark, mode: 0o600)
            await #expect(throws: StoreKey.Problem.storeMissing(database: place.database, because: place.mark)) {
                try await place.check(store)
            }
            // Unless the operator says so: then the old mark goes before.
            try store.close()
            SecureFile.remove(place.database)
            try place.require(isNew: true)
            #expect(!SecureFile.exists(place.mark))
        }
    }

    @Test func keyOfAnInterruptedFirstStart_GoesWhenAnotherOneIsUsed() async throws {
        try await Self.with { place in
            _ = try place.open()
            let given = place.folder.path + "/given"
            try place.settle(used: given)
            #expect(!SecureFile.exists(place.own) && !SecureFile.exists(place.own + ".new"))
        }
    }

    @Test func operatorsFile_ComesBeforeTheCredential_AndThatBeforeTheHubsOwn() async throws {
        try await Self.with { place in
            let (given, credential) = (place.folder.path + "/given", place.folder.path + "/store-key")
            _ = try place.open()
            try SecureFile.write(SealingKey.random().bytes, to: given, mode: 0o600)
            try SecureFile.write(SealingKey.random().bytes, to: credential, mode: 0o600)
            #expect(try place.open(given: given, credentials: place.folder.path).file == given)
            #expect(try place.open(credentials: place.folder.path).file == credential)
            #expect(try place.open(credentials: place.folder.path + "/none").file == place.own)
        }
    }

    @Test func keyThatIsMissingBesideADatabase_OrHasAnotherLength_IsRefused() async throws {
        try await Self.with { place in
            try SecureFile.write([1], to: place.database, mode: 0o600)
            #expect(throws: StoreKey.Problem.bad(file: place.own)) { try place.open() }
            try SecureFile.write([UInt8](repeating: 7, count: 31), to: place.own, mode: 0o600)
            #expect(throws: StoreKey.Problem.bad(file: place.own)) { try place.open() }
        }
    }

    @Test func exchangedKey_IsNoticed() async throws {
        try await Self.with { place in
            let key = SealingKey.random()
            for _ in 0..<2 {
                let store = try Store(path: place.database, sealingKey: key, migrations: [])
                try await place.check(store)
                try store.close()
            }
            let store = try Store(path: place.database, sealingKey: .random(), migrations: [])
            await #expect(throws: StoreKey.Problem.foreign(file: place.own)) {
                try await place.check(store)
            }
            try store.close()
        }
    }
}
