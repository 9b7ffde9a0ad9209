import AdminAPI
import Foundation
internal import Glibc
import PKI
import Testing
import Transport

/// A hub's state goes into a file and comes up again elsewhere; interruptions leave what was there.
@Suite(.timeLimit(.minutes(10))) struct BackupCommandTests {
    private static let secret = "LABELTEXTLABELTEXTLABELTEXT"
    private let hub: ProgramHub

    init() throws {
        hub = try ProgramHub()
        try hub.write("passphrase", "correct horse battery\n")
    }

    private func provision(_ id: String) async throws {
        try await hub.oob("add", id, input: Self.secret + "\n").succeeded()
        let file = try hub.write("secret", Self.secret)
        try await hub.provision(id, "--secret-file", file, "--timeout", "60").succeeded()
    }

    private func importSecrets(_ count: Int) async throws {
        let rows = (1...count).map { "bulk-\($0),\(Self.secret)\n" }
        try await hub.oob("import", "-", input: "deviceID,secret\n" + rows.joined()).succeeded()
    }

    private func backup(_ file: String, passphrase: String = "passphrase") async throws -> ProgramResult {
        try await hub.hubctl("backup", file, "--passphrase-file", passphrase)
    }

    private func restore(
        _ file: String, to state: String, passphrase: String = "passphrase", replaces: Bool = false
    ) async throws -> ProgramResult {
        try await Program.run(
            Program.hubctl.path,
            ["restore", file, "--passphrase-file", passphrase, "--state", hub.path(state)]
                + (replaces ? ["--replace"] : []), in: hub.path(""))
    }

    private func identity(_ id: String) throws -> ClientIdentity {
        ClientIdentity(
            chain: try Certificate.all(inPEM: hub.text(id + "/device.crt")),
            signer: try PrivateKey(pem: hub.text(id + "/device.key"), passphrase: nil))
    }

    private var copies: [String] { hub.names(in: "state").filter { $0.hasPrefix("backup-") } }

    @Test func backup_IsPrivateAndSealed_AndLeavesNoCopy() async throws {
        try await hub.start()
        try await provision("lamp-1")
        try await backup("hub.backup").succeeded()
        #expect(try hub.mode("hub.backup") == 0o600)
        let bytes = try hub.read("hub.backup")
        for clear in ["SQLite format", "PRIVATE KEY", "lamp-1"] {
            #expect(bytes.firstRange(of: Array(clear.utf8)) == nil, "\(clear)")
        }
        #expect(copies.isEmpty)
        let events = try await hub.hubctl("audit", "list", "--action", "backup", "--json").succeeded()
        #expect(try events.json(as: [AdminAuditEvent].self).map(\.action) == ["backup.make"])

        try hub.write("short", "short\n")
        try await backup("none.backup", passphrase: "short")
            .expectRefusal("the passphrase must have 8 or more characters")
        #expect(!hub.names(in: "").contains { $0.hasPrefix("none.backup") })
    }

    @Test func hubThatDiesMeanwhile_LeavesTheOldBackup_AndItsNextStartCleansUp() async throws {
        try await hub.start()
        try await importSecrets(20_000)
        try await backup("hub.backup").succeeded()
        let kept = try hub.read("hub.backup")
        var interrupted: ProgramResult?
        // A backup may be faster than the kill.
        for _ in 1...20 where interrupted == nil {
            let program = try hub.running("backup", "hub.backup", "--passphrase-file", "passphrase")
            try await hub.waitUntil("the copy is there") { !copies.isEmpty || !program.isRunning }
            try await hub.stop(SIGKILL)
            let result = try await program.end()
            if result.code == 0 {
                try hub.write("hub.backup", kept)
            } else {
                interrupted = result
            }
            try await hub.start()
        }
        #expect(interrupted != nil)
        #expect(try hub.read("hub.backup") == kept)
        #expect(copies.isEmpty)
    }

    @Test func state_ComesUpElsewhere_WithDevicesSecretsAndRevocations() async throws {
        try await hub.start()
        try await provision("lamp-1")
        try await provision("lamp-2")
        try await hub.hubctl("cert", "revoke", "--device", "lamp-2", "--reason", "keyCompromise").succeeded()
        try await importSecrets(1_000)
        try await backup("hub.backup").succeeded()
        try await restore("hub.backup", to: "state", replaces: true).expectRefusal("stop it first")
        try await hub.stop()
        try await restore("hub.backup", to: "state").expectRefusal("--replace puts it aside")

        try hub.write("wrong", "wrong passphrase\n")
        let wrong = try await restore("hub.backup", to: "elsewhere", passphrase: "wrong")
        wrong.expectRefusal("passphrase")
        try hub.write("cut.backup", Array(hub.read("hub.backup").prefix(20_000)))
        try await restore("cut.backup", to: "elsewhere").expectRefusal("cut.backup: ")
        #expect(!hub.exists("elsewhere/hub.db"))

        try await restore("hub.backup", to: "elsewhere").succeeded()
        for key in ["ca/ca.key", "keys/store.key"] { #expect(try hub.mode("elsewhere/" + key) == 0o600) }
        let elsewhere = try ProgramHub(in: hub.folder, state: "elsewhere")
        try await elsewhere.start()
        #expect(try hub.read("elsewhere/ca/ca.crt") == hub.read("state/ca/ca.crt"))
        try await elsewhere.agent(
            "renew", "--state", hub.path("lamp-1"), "--hub", "127.0.0.1:\(try elsewhere.port())"
        ).succeeded()
        let secrets = try await elsewhere.oob("list", "--json").succeeded().json(as: [AdminSecret].self)
        #expect(secrets.count == 1_000)
        #expect(try await elsewhere.ask("/idprov/directory", identity: identity("lamp-1")).status == 200)
        let revoked = try identity("lamp-2")
        await #expect(throws: TransportError.self) {
            try await elsewhere.ask("/idprov/directory", identity: revoked)
        }
        try await elsewhere.hubctl("audit", "verify").succeeded()
    }

    @Test func replacedState_IsKeptAside_AndAnInterruptedRestorationIsFinishedAtTheStart() async throws {
        try await hub.start()
        try await hub.waitingDevice("lamp-1")
        try await backup("hub.backup").succeeded()
        try await hub.stop()
        try await restore("hub.backup", to: "state", replaces: true).succeeded()
        #expect(hub.exists("state/before-restore/hub.db"))

        // As the end of power leaves it after the restoration counts.
        try FileManager.default.createDirectory(atPath: hub.path("state/restore"), withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: hub.path("state/hub.db"), toPath: hub.path("state/restore/hub.db"))
        try hub.write("state/restore.commit", "1\n")
        try await hub.start()
        #expect(!hub.exists("state/restore.commit") && hub.exists("state/hub.db"))
        let devices = try await hub.hubctl("device", "list", "--json").succeeded().json(as: [AdminDevice].self)
        #expect(devices.map(\.deviceID) == ["lamp-1"])
    }

    @Test(.enabled(if: geteuid() == 0, "only root restores for another user"))
    func root_RestoresForTheOwnerOfTheFolder_AndNamesWhatStandsInTheWay() async throws {
        try await hub.start()
        try await backup("hub.backup").succeeded()
        for folder in ["theirs", "trapped"] {
            try FileManager.default.createDirectory(atPath: hub.path(folder), withIntermediateDirectories: false)
        }
        try FileManager.default.createSymbolicLink(
            atPath: hub.path("trapped/artifacts"), withDestinationPath: hub.path("state"))
        try await Program.run("/bin/chown", ["-hR", "65534:65534", hub.path("theirs"), hub.path("trapped")])
            .succeeded()
        try await Program.run("/bin/chmod", ["700", hub.path("theirs"), hub.path("trapped")]).succeeded()

        try await restore("hub.backup", to: "theirs").succeeded()
        let owners = try await Program.run("/usr/bin/find", [hub.path("theirs"), "-printf", "%U:%G\n"]).succeeded()
        #expect(Set(owners.lines) == ["65534:65534"])
        try await restore("hub.backup", to: "trapped", replaces: true)
            .expectRefusal(hub.path("trapped/artifacts") + ": expected a folder, found a link or a file")
    }
}
