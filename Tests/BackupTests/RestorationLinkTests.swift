import Files
import Foundation
import Glibc
import Testing

@testable import Backup

/// Whoever owns the state folder puts links into it, and waits for root to restore.
@Suite struct RestorationLinkTests {
    private static let artifact = String(repeating: "a", count: 64)

    /// A folder of somebody else's with a file in it, and all that must not change about it.
    private struct Victim {
        let path: String
        let file: String

        init(in folder: String) throws {
            path = folder + "/victim"
            file = path + "/shadow"
            for name in [path, path + "/artifacts", path + "/ca"] {
                try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
                _ = unsafe chmod(name, 0o755)
            }
            for name in [file, path + "/artifacts/passwd", path + "/ca/ca.crt", path + "/hub.db"] {
                try "secret".write(toFile: name, atomically: false, encoding: .utf8)
                _ = unsafe chmod(name, 0o644)
            }
        }

        /// Owner, mode and content of everything there.
        var view: [String] {
            get throws {
                let names = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
                return try ([""] + names).map { name in
                    var information = stat()
                    guard unsafe lstat(path + "/" + name, &information) == 0 else { throw CancellationError() }
                    let content = (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? ""
                    return "\(name) \(information.st_uid) \(information.st_gid) \(information.st_mode) \(content)"
                }
            }
        }
    }

    private final class Place {
        let path = NSTemporaryDirectory() + "restore-links-" + UUID().uuidString
        var state: String { path + "/state" }

        init() throws {
            for name in ["", "/artifacts", "/ca", "/keys"] {
                try FileManager.default.createDirectory(atPath: state + name, withIntermediateDirectories: true)
            }
            try "old".write(toFile: state + "/hub.db", atomically: false, encoding: .utf8)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Made once: each takes a while, as its passphrase must.
    private static let backup = Task {
        final class Collected { var bytes: [UInt8] = [] }
        let collected = Collected()
        var writer = try await BackupWriter(passphrase: "correct horse") { collected.bytes += $0 }
        for name in ["manifest.json", "hub.db", "ca/ca.crt", "keys/store.key", "artifacts/" + artifact] {
            var rest = Array("{}".utf8)[...]
            try await writer.add(.init(name: name, mode: 0o600, size: 2)) { count in
                defer { rest = rest.dropFirst(count) }
                return Array(rest.prefix(count))
            }
        }
        try await writer.finish()
        return Data(collected.bytes)
    }

    private static func backup(at path: String) async throws {
        try await backup.value.write(to: URL(fileURLWithPath: path))
    }

    private static func restore(_ state: String, _ file: String) throws {
        let restoration = Restoration(state: state)
        try restoration.finishPending()
        _ = try restoration.stage(try BackupReader(file, passphrase: "correct horse"))
        try restoration.commit()
    }

    /// A link at each place that a restoration touches, to a folder and to a file.
    @Test(arguments: [
        ("artifacts", "/victim"), ("artifacts", "/nowhere"), ("ca", "/victim"), ("keys", "/victim"),
        ("hub.db", "/victim/hub.db"),
        ("hub.db-wal", "/victim/shadow"), ("restore", "/victim"), ("restore", "/nowhere"),
        ("restore.commit", "/victim/shadow"), ("restore.commit.new", "/victim/shadow"), ("before-restore", "/victim"),
        ("artifacts/" + artifact, "/victim/shadow"), ("ca/ca.crt", "/victim/shadow"),
        ("keys/store.key", "/victim/shadow"),
        ("artifacts/other", "/victim"),
    ])
    func links_LeadNowhere(name: String, target: String) async throws {
        let place = try Place()
        let victim = try Victim(in: place.path)
        let before = try victim.view
        try? FileManager.default.removeItem(atPath: place.state + "/" + name)
        try FileManager.default.createSymbolicLink(
            atPath: place.state + "/" + name, withDestinationPath: place.path + target)
        _ = unsafe chown(place.state, 65_534, 65_534)
        try await Self.backup(at: place.path + "/b")
        // It may refuse, or take the link's place.
        try? Self.restore(place.state, place.path + "/b")
        #expect(try victim.view == before, "\(name) -> \(target)")
        #expect(!FileManager.default.fileExists(atPath: place.path + "/nowhere"))
    }

    /// What looks like an interrupted restoration, made by hand.
    @Test(arguments: ["restore", "restore/artifacts", "restore/ca", "restore/hub.db", "restore/cleared"])
    func forgedRestoration_LeadsNowhere(name: String) async throws {
        let place = try Place()
        let victim = try Victim(in: place.path)
        let before = try victim.view
        if name != "restore" {
            try FileManager.default.createDirectory(atPath: place.state + "/restore", withIntermediateDirectories: true)
        }
        let target =
            name.hasSuffix("artifacts") ? "/victim/artifacts" : name.hasSuffix("db") ? "/victim/hub.db" : "/victim"
        try FileManager.default.createSymbolicLink(
            atPath: place.state + "/" + name, withDestinationPath: place.path + target)
        try "1\n".write(toFile: place.state + "/restore.commit", atomically: false, encoding: .utf8)
        _ = unsafe chown(place.state, 65_534, 65_534)
        try? Restoration(state: place.state).finishPending()
        #expect(try victim.view == before)
    }

    /// Root gives the folder's owner what was restored, and nothing that stood there before.
    @Test(.enabled(if: geteuid() == 0)) func owner_GetsWhatWasRestored() async throws {
        let place = try Place()
        let other = place.state + "/artifacts/" + String(repeating: "b", count: 64)
        try "root's".write(toFile: other, atomically: false, encoding: .utf8)
        _ = unsafe chown(place.state, 65_534, 65_534)
        try await Self.backup(at: place.path + "/b")
        try Self.restore(place.state, place.path + "/b")
        func owner(_ path: String) -> UInt32 {
            var information = stat()
            return unsafe lstat(path, &information) == 0 ? information.st_uid : .max
        }
        for name in ["hub.db", "ca", "ca/ca.crt", "keys/store.key", "artifacts", "artifacts/" + Self.artifact] {
            #expect(owner(place.state + "/" + name) == 65_534, "\(name)")
        }
        #expect(owner(other) == 0)
    }

    @Test func folderThatIsALink_IsRefused_UnlessItWasNamed() throws {
        let place = try Place()
        let victim = try Victim(in: place.path)
        let link = place.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: victim.path)
        #expect(throws: FileError.self) { try SecureFile.makeFolder(link, mode: 0o700) }
        #expect(try SecureFile.mode(victim.path) == 0o755)
        try SecureFile.makeFolder(link, mode: 0o700, isNamed: true)
        #expect(try SecureFile.mode(victim.path) == 0o700)
        #expect(throws: FileError.self) { try SecureFile.makeFolder(victim.file, mode: 0o700) }
    }

    /// Whoever may write there would put a link in the place of a folder that root is about to fill.
    @Test(.enabled(if: geteuid() == 0), arguments: [0o775, 0o757, 0o1777])
    func rootsFolderThatOthersMayWriteTo_IsRefused(mode: Int) throws {
        let place = try Place()
        _ = unsafe chmod(place.state, mode_t(mode))
        let folder = FileManager.default.currentDirectoryPath
        let error = #expect(throws: FileError.self) { try FolderOwner.enter(place.state) }
        #expect(error?.description.contains("take the right to write from group and others") == true)
        #expect(FileManager.default.currentDirectoryPath == folder)
    }
}
