import Files
import Foundation
import Testing

@testable import Backup

/// The file: what goes in comes out, and whatever was done to it is noticed.
@Suite struct BackupTests {
    private final class Folder {
        let path = NSTemporaryDirectory() + "backup-test-" + UUID().uuidString

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private static let passphrase = "correct horse"

    private static func make(_ entries: [(String, [UInt8])], passphrase: String = passphrase) async throws -> [UInt8] {
        final class Collected {
            var bytes: [UInt8] = []
        }
        let collected = Collected()
        var writer = try await BackupWriter(passphrase: passphrase) { collected.bytes += $0 }
        for (name, content) in entries {
            var rest = content[...]
            try await writer.add(.init(name: name, mode: 0o600, size: Int64(content.count))) { count in
                defer { rest = rest.dropFirst(count) }
                return Array(rest.prefix(count))
            }
        }
        try await writer.finish()
        return collected.bytes
    }

    private static func read(_ bytes: [UInt8], in folder: Folder, passphrase: String = passphrase) throws -> [String:
        [UInt8]]
    {
        let file = folder.path + "/backup"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let reader = try BackupReader(file, passphrase: passphrase)
        var found: [String: [UInt8]] = [:]
        while let entry = try reader.next() {
            var content: [UInt8] = []
            while case let part = try reader.read(1000), !part.isEmpty { content += part }
            found[entry.name] = content
        }
        return found
    }

    private static let state: [(String, [UInt8])] = [
        ("manifest.json", Array(#"{"site":"S"}"#.utf8)),
        ("hub.db", (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }),
        ("keys/store.key", [UInt8](repeating: 7, count: 32)), ("ca/ca.crt", [1]), ("ca/ca-2.key", []),
        ("artifacts/" + String(repeating: "a", count: 64), [UInt8](repeating: 9, count: 65_536)),
    ]

    @Test func whatGoesIn_ComesOut() async throws {
        let folder = try Folder()
        let found = try Self.read(try await Self.make(Self.state), in: folder)
        #expect(found == Dictionary(uniqueKeysWithValues: Self.state))
    }

    @Test func wrongPassphrase_IsToldFromDamage() async throws {
        let folder = try Folder()
        let backup = try await Self.make(Self.state)
        #expect(throws: BackupError.wrongPassphrase) { _ = try Self.read(backup, in: folder, passphrase: "other") }
        #expect(throws: BackupError.notABackup) { _ = try Self.read(Array("PK\u{3}\u{4}".utf8), in: folder) }
        var later = backup
        later[14] = 2
        #expect(throws: BackupError.unsupported) { _ = try Self.read(later, in: folder) }
        var costly = backup
        costly[15] = 40
        #expect(throws: BackupError.unsupported) { _ = try Self.read(costly, in: folder) }
    }

    @Test func everyCut_IsNoticed() async throws {
        let folder = try Folder()
        let backup = try await Self.make(Self.state)
        // Every byte of the first and the last chunk would cost a key derivation each; these lengths meet every kind of
        // place.
        for length in [0, 10, 31, 32, 36, 37, 100, 65_600, 131_300, backup.count - 20, backup.count - 1] {
            #expect(throws: BackupError.self, "\(length)") {
                _ = try Self.read(Array(backup.prefix(length)), in: folder)
            }
        }
        #expect(throws: BackupError.damaged) { _ = try Self.read(backup + [0], in: folder) }
    }

    @Test func changedExchangedOrRepeatedChunks_AreNoticed() async throws {
        let folder = try Folder()
        let backup = try await Self.make(Self.state)
        for place in [16, 40, 200, 65_700, backup.count - 3] {
            var changed = backup
            changed[place] ^= 1
            #expect(throws: BackupError.self, "\(place)") { _ = try Self.read(changed, in: folder) }
        }
        let length = 5 + 65_536 + 28
        let (first, second) = (Array(backup[32..<(32 + length)]), Array(backup[(32 + length)..<(32 + 2 * length)]))
        let rest = Array(backup[(32 + 2 * length)...])
        let head = Array(backup[..<32])
        for order in [head + second + first + rest, head + first + first + second + rest, head + first + rest] {
            #expect(throws: BackupError.self) { _ = try Self.read(order, in: folder) }
        }
    }

    @Test(arguments: [
        "../etc/passwd", "/etc/passwd", "ca/../hub.db", "ca/ca.crt/x", "ca/", "hub.db-wal", "run/admin.sock",
        "ca/.key/..",
        "artifacts/../../x", "artifacts/short", "keys/other.key", "ca/" + String(repeating: "a", count: 70) + ".crt",
        "",
        "ca/CA.crt", "restore.commit",
    ])
    func entriesAStateHasNoPlaceFor_AreRefused(name: String) async throws {
        let folder = try Folder()
        let backup = try await Self.make([(name, [1])])
        #expect(throws: BackupError.self) { _ = try Self.read(backup, in: folder) }
    }

    private static func write(_ texts: [String: String], to folder: String) throws {
        for (name, text) in texts {
            let path = folder + "/" + name
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }

    private static let old = [
        "hub.db": "old", "hub.db-wal": "old", "ca/ca.crt": "old", "ca/ca-9.key": "old", "keys/store.key": "old",
    ]
    private static let new: [(String, [UInt8])] = [
        ("manifest.json", Array("{}".utf8)), ("hub.db", Array("new".utf8)), ("ca/ca.crt", Array("new".utf8)),
        ("keys/store.key", Array("new".utf8)),
    ]

    private static func text(_ folder: Folder, _ name: String) -> String? {
        try? String(contentsOfFile: folder.path + "/" + name, encoding: .utf8)
    }

    @Test func restoration_TakesThePlace_AndKeepsWhatWas() async throws {
        let (folder, files) = (try Folder(), try Folder())
        try Self.write(Self.old, to: folder.path)
        try Data(try await Self.make(Self.new)).write(to: URL(fileURLWithPath: files.path + "/b"))
        let restoration = Restoration(state: folder.path)
        #expect(restoration.isOccupied)
        _ = try restoration.stage(try BackupReader(files.path + "/b", passphrase: Self.passphrase))
        #expect(Self.text(folder, "hub.db") == "old")
        try restoration.commit()
        for name in ["hub.db", "ca/ca.crt", "keys/store.key"] { #expect(Self.text(folder, name) == "new") }
        #expect(Self.text(folder, "hub.db-wal") == nil)
        #expect(Self.text(folder, "ca/ca-9.key") == nil)
        #expect(Self.text(folder, "before-restore/hub.db") == "old")
        #expect(!SecureFile.exists(folder.path + "/restore"))
        #expect(!SecureFile.exists(folder.path + "/restore.commit"))
    }

    @Test func interruptedBeforeItCounts_LeavesTheOldState() async throws {
        let (folder, files) = (try Folder(), try Folder())
        try Self.write(Self.old, to: folder.path)
        let backup = try await Self.make(Self.new)
        try Data(backup.prefix(backup.count - 1)).write(to: URL(fileURLWithPath: files.path + "/b"))
        let restoration = Restoration(state: folder.path)
        #expect(throws: BackupError.self) {
            _ = try restoration.stage(try BackupReader(files.path + "/b", passphrase: Self.passphrase))
        }
        try Data(backup).write(to: URL(fileURLWithPath: files.path + "/b"))
        _ = try restoration.stage(try BackupReader(files.path + "/b", passphrase: Self.passphrase))
        try Restoration(state: folder.path).finishPending()
        for name in Self.old.keys { #expect(Self.text(folder, name) == "old") }
        #expect(!SecureFile.exists(folder.path + "/restore"))
    }

    /// The moves of the third step, in their order; the power goes after each of them.
    @Test(arguments: 0...9)
    func interruptedWhileItChangesPlaces_IsFinishedByTheNextStart(moves: Int) async throws {
        let (folder, files) = (try Folder(), try Folder())
        try Self.write(Self.old, to: folder.path)
        try Data(try await Self.make(Self.new)).write(to: URL(fileURLWithPath: files.path + "/b"))
        let restoration = Restoration(state: folder.path)
        _ = try restoration.stage(try BackupReader(files.path + "/b", passphrase: Self.passphrase))
        try Self.write(["restore.commit": "1", "restore/cleared": "1"], to: folder.path)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/before-restore", withIntermediateDirectories: true)
        let steps = [
            ("hub.db-wal", "before-restore/hub.db-wal"), ("hub.db", "before-restore/hub.db"),
            ("restore/hub.db", "hub.db"),
            ("ca", "before-restore/ca"), ("restore/ca", "ca"), ("keys", "before-restore/keys"),
            ("restore/keys", "keys"),
        ]
        for (source, target) in steps.prefix(moves) {
            try FileManager.default.moveItem(atPath: folder.path + "/" + source, toPath: folder.path + "/" + target)
        }
        if moves >= 8 {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/artifacts", withIntermediateDirectories: true)
        }
        if moves == 9 { try FileManager.default.removeItem(atPath: folder.path + "/restore.commit") }
        try Restoration(state: folder.path).finishPending()
        for name in ["hub.db", "ca/ca.crt", "keys/store.key"] { #expect(Self.text(folder, name) == "new") }
        #expect(Self.text(folder, "before-restore/hub.db") == "old")
        #expect(!SecureFile.exists(folder.path + "/restore"))
    }

    /// The mark alone, as a copy of the folder may hold it: the hub starts, and what was put aside stays.
    @Test func markWithoutTheUnpackedState_IsRemoved_AndNothingElse() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/before-restore", withIntermediateDirectories: true)
        for name in ["hub.db", "restore.commit", "before-restore/hub.db"] {
            try Data("1".utf8).write(to: URL(fileURLWithPath: folder.path + "/" + name))
        }
        for _ in 0..<2 {
            try Restoration(state: folder.path).finishPending()
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
            #expect(names == ["before-restore", "before-restore/hub.db", "hub.db"])
        }
    }
}
