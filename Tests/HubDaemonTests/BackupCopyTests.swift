internal import AdminServer
import Files
import Foundation
import HubTestSupport
internal import Journal
internal import JournalTestSupport
import Testing

@testable import HubDaemon

/// The copy of the database that a backup is read from.
@Suite struct BackupCopyTests {
    @Test func copy_IsTheHubsAlone_AndGoesWithTheBackup() async throws {
        let hub = try await TestHub()
        let state = hub.folder.path + "/state"
        func copies() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: state).filter { $0.hasPrefix("backup-") }
        }
        do {
            let source = try await hub.hub.backup.prepare(passphrase: "correct horse", artifacts: false, by: .hub)
            let names = try copies()
            #expect(names.count == 1)
            for name in names { #expect(try SecureFile.mode(state + "/" + name) == 0o600) }
            try await source.write { _ in }
        }
        #expect(try copies() == [])
    }
}
