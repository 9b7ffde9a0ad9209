import Administration
import Backup
import Files
import Foundation
import HubRuntime
import Journal
internal import JournalTestSupport
import RecordTestSupport
internal import Rooms
import Testing

/// The copy of the database that a backup is read from, and what the backup holds.
@Suite struct StateBackupTests {
    private static func backup(_ rig: RecordRig, place: BackupPlace = BackupPlace()) throws -> StateBackup {
        let state = StateFolder(rig.folder.path + "/state")
        try state.prepare()
        return StateBackup(
            state: state, site: "Site", elsewhere: ["/etc/ca.crt"], store: rig.store, journal: rig.rooms.journal,
            place: place)
    }

    private static func copies(_ rig: RecordRig) throws -> [String] {
        let state = rig.folder.path + "/state"
        return try FileManager.default.contentsOfDirectory(atPath: state).filter { $0.hasPrefix("backup-") }
    }

    @Test func copy_IsTheHubsAlone_AndGoesWithTheBackup() async throws {
        let rig = try await RecordRig()
        do {
            let source = try await Self.backup(rig).prepare(passphrase: "correct horse", artifacts: false, by: .hub)
            let names = try Self.copies(rig)
            #expect(names.count == 1)
            for name in names { #expect(try SecureFile.mode(rig.folder.path + "/state/" + name) == 0o600) }
            try await source.write { _ in }
        }
        #expect(try Self.copies(rig) == [])
    }

    @Test func secondBackupAtATime_IsRefused_AndNotAfterTheFirst() async throws {
        let rig = try await RecordRig()
        let backup = try Self.backup(rig)
        do {
            let first = try await backup.prepare(passphrase: "correct horse", artifacts: false, by: .hub)
            await #expect(throws: AdministrationError.backupRunning) {
                _ = try await backup.prepare(passphrase: "correct horse", artifacts: false, by: .hub)
            }
            try await first.write { _ in }
        }
        _ = try await backup.prepare(passphrase: "correct horse", artifacts: false, by: .hub)
    }

    @Test func backup_HoldsManifestDatabaseKeysAndWishedArtifacts() async throws {
        let rig = try await RecordRig()
        let (backup, state) = (try Self.backup(rig), rig.folder.path + "/state")
        let artifact = "artifacts/" + String(repeating: "a", count: 64)
        for name in ["keys/store.key", "ca/ca.crt", "ca/notes", artifact] {
            try SecureFile.write([7], to: state + "/" + name, mode: 0o600)
        }
        for isWanted in [false, true] {
            let file = try FileSink(rig.folder.path + "/backup-\(isWanted)", mode: 0o600)
            let source = try await backup.prepare(passphrase: "correct horse", artifacts: isWanted, by: .hub)
            try await source.write { try file.write($0) }
            try file.finish()
            let reader = try BackupReader(rig.folder.path + "/backup-\(isWanted)", passphrase: "correct horse")
            var names: [String] = []
            while let entry = try reader.next() {
                names.append(entry.name)
                guard entry.name == BackupEntry.manifest else { continue }
                let manifest = String(decoding: try reader.read(10_000), as: UTF8.self)
                #expect(manifest.contains(#""site":"Site""#) && manifest.contains(#""elsewhere":["/etc/ca.crt"]"#))
            }
            #expect(
                names == [BackupEntry.manifest, BackupEntry.database, "keys/store.key", "ca/ca.crt"]
                    + (isWanted ? [artifact] : []))
        }
    }
}
