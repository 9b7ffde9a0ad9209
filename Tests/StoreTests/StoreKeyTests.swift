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
            let made = try place.open()
            #expect(made.file == place.own)
            #expect(try SecureFile.mode(place.own) == 0o600)
            #expect(try SecureFile.bytes(place.own).count == 32)
            #expect(try place.open().key.bytes == made.key.bytes)
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
                try await StoreKey.check(store, file: place.own)
                try store.close()
            }
            let store = try Store(path: place.database, sealingKey: .random(), migrations: [])
            await #expect(throws: StoreKey.Problem.foreign(file: place.own)) {
                try await StoreKey.check(store, file: place.own)
            }
            try store.close()
        }
    }
}
