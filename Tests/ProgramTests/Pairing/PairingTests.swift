import AdminAPI
import Foundation
internal import Glibc
import Testing

/// PINs at a hub that takes weak secrets for pairing alone: records made by `oob` and by manufacturers, and hub-agent
/// that pairs with them.
@Suite(
    .hub("--secrets-weak-need-pairing", "true", "--secrets-pairing-back-off", "0"), .timeLimit(.minutes(5)))
struct PairingTests {
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    private func pair(_ id: String, pin: String) async throws -> ProgramResult {
        let file = try hub.write(id + ".pin", pin)
        return try await hub.provision(id, "--secret-file", file, "--timeout", "60")
    }

    /// A new device of this ID asks until it is refused once: devices count failures, too.
    private func pairInVain(_ id: String, pin: String) async throws {
        let file = try hub.write(id + ".pin", pin)
        let agent = try hub.provisioning(id, "--secret-file", file)
        try await agent.wait { $0.contains("; not asked again for ") || $0.contains("; asking again in ") }
        agent.signal(SIGKILL)
        _ = try await agent.end()
        #expect(!hub.exists(id + "/device.crt"))
        try FileManager.default.removeItem(atPath: hub.path(id))
    }

    private func events(about device: String) async throws -> [AdminAuditEvent] {
        try await hub.hubctl("audit", "list", "--subject", device, "--json").succeeded().json()
    }

    @Test func recordMadeByOOB_Pairs_AndTheHubHasNoPIN() async throws {
        let pin = try hub.write("made.pin", "73190462")
        try await hub.oob("add", "made-1", "--secret-file", pin, "--pairing", "spake2plus").succeeded()
        let export = try await hub.oob("export", "--with-secrets").succeeded()
        #expect(export.output.contains("made-1") && !export.output.contains("73190462"))
        try await pair("made-1", pin: "73190462").succeeded()
        #expect(
            try await events(about: "made-1").contains {
                $0.action == "device.enrol" && $0.detail["reason"] == "pairing"
            })
    }

    @Test func fileWithPINs_IsImportedOnce_AndHyphensDoNotMatter() async throws {
        let file = try hub.write(
            "pins.csv", "deviceID,secret,pairing\nfile-1,47110815,spake2plus\nfile-2,47110815,any\n")
        try await hub.oob("import", file).succeeded()
        let again = try await hub.oob("import", file, "--json").succeeded().json(as: AdminImportSummary.self)
        #expect(again.unchanged == 2 && again.added == 0 && again.replaced == 0)
        try await pair("file-1", pin: "4711-0815").succeeded()

        // The way without pairing is closed for a secret that is easy to guess.
        let pin = try hub.write("file-2.pin", "47110815")
        let script = try await hub.shell(
            "sh \(Program.root)/Examples/provision.sh 127.0.0.1:\(try hub.port()) file-2 \(pin) plain")
        #expect(script.errors.contains("403") && !hub.exists("plain/device.crt"), "\(script)")
        try await pair("file-2", pin: "47110815").succeeded()
    }

    @Test func recordsOfAManufacturer_AreImportedOnce_AndTheirDevicePairs() async throws {
        let record = try #require(try PairingVectors.read().registration.first)
        let file = try hub.write(
            "records.csv",
            """
            deviceID,salt,iterations,w0,L
            \(record.deviceID),\(record.salt),\(record.iterations),\(record.w0),\(record.L)

            """)
        try await hub.oob("import", file).succeeded()
        let again = try await hub.oob("import", file, "--json").succeeded().json(as: AdminImportSummary.self)
        #expect(again.unchanged == 1 && again.added == 0 && again.replaced == 0)
        try await pair(record.deviceID, pin: record.secret).succeeded()
    }

    @Test func recordsThatAreNone_AreRefusedEachByItself() async throws {
        let record = try #require(try PairingVectors.read().registration.first)
        let file = try hub.write(
            "bad.csv",
            """
            deviceID,secret,salt,iterations,w0,L
            bad-1,,00,1000,00,00
            bad-2,,\(record.salt),1000,\(String(repeating: "0", count: 64)),\(String(repeating: "0", count: 130))
            bad-3,x,\(record.salt),1000,\(record.w0),\(record.L)
            bad-4,,\(record.salt),,,

            """)
        let result = try await hub.oob("import", file)
        result.expectRefusal("nothing was imported")
        #expect(result.output.contains("4 rows: 0 added, 0 replaced, 0 unchanged, 4 refused"))
        for line in 2...5 { #expect(result.output.contains("line \(line) "), "\(result)") }
    }

    @Test func wrongPINs_LockTheDevice_UntilAnAdministratorUnlocksIt() async throws {
        let pin = try hub.write("right.pin", "999999")
        try await hub.oob("add", "locked-1", "--secret-file", pin).succeeded()
        var guesses = 0
        while try await !events(about: "locked-1").contains(where: { $0.action == "secret.lock" }) {
            guesses += 1
            try #require(guesses <= 20, "not locked after 20 guesses")
            try await pairInVain("locked-1", pin: "000000")
        }
        #expect(guesses > 1)
        // Then the right PIN does not help.
        try await pairInVain("locked-1", pin: "999999")
        try await hub.oob("unlock", "locked-1").succeeded()
        try await pair("locked-1", pin: "999999").succeeded()
    }
}
