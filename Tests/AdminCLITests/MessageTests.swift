import ArgumentParser
internal import Encoding
import Foundation
import PKI
import Testing

@testable import AdminCLI

/// What commands say before they ask the hub.
@Suite struct MessageTests {
    private final class Folder {
        let path = NSTemporaryDirectory() + "messages-" + UUID().uuidString

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ text: String) throws -> String {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
            return path + "/" + name
        }
    }

    @Test func backupIntoAFolder_NamesAFileInIt() async throws {
        let folder = try Folder()
        let command = try BackupCommand.parse([folder.path, "--passphrase-file", folder.path + "/none"])
        let failure = await #expect(throws: CommandFailure.self) { try await command.work() }
        #expect(
            failure?.line == "\(folder.path) is a folder; name a file in it, such as \(folder.path)/hub.backup")
    }

    @Test func emptyPassphrase_IsCalledOne() throws {
        let folder = try Folder()
        let empty = try folder.write("empty", "")
        let options = try PassphraseOptions.parse(["--passphrase-file", empty])
        let failure = #expect(throws: CommandFailure.self) { try options.passphrase(isNew: true) }
        #expect(failure?.line == "\(empty) is empty; it must hold the passphrase")
    }

    @Test(arguments: ["0", "826", "100000", "-1"]) func days_AreBounded(days: String) {
        let error = #expect(throws: (any Error).self) {
            try CertificateCommand.Issue.parse(["x", "--ou", "client", "--out", "x", "--days=\(days)"])
        }
        #expect(error.map { CertificateCommand.Issue.message(for: $0) } == "--days must be 1 to 825")
    }

    @Test func fileWithoutACertificate_IsNamed_AndNoKeyIsSent() throws {
        let folder = try Folder()
        let key = try PrivateKey.makeP256().pem()
        let file = try folder.write("broker.key", key)
        let target = try RevocationTarget.parse(["--certificate", file])
        let failure = #expect(throws: CommandFailure.self) { try target.request() }
        #expect(failure?.line == "\(file) does not contain a certificate in PEM")
    }

    @Test func brokersFolder_IsWrittenWhole() {
        let here = FileManager.default.currentDirectoryPath
        for (folder, whole) in [("mq", here + "/mq"), ("./mq/", here + "/mq"), ("/etc/mq", "/etc/mq")] {
            #expect(BrokerCommand.Mosquitto.wholePath(folder) == whole)
        }
    }

    @Test(arguments: [
        ("lamp-1", "lamp-1"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("", "''"), ("$(x)", "'$(x)'"),
    ])
    func name_IsOneWordOfTheShell(name: String, word: String) {
        #expect(ShellWord.quoted(name) == word)
    }
}
