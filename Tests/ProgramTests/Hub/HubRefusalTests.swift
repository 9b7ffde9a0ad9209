import Foundation
import Testing

/// Why `hubd` does not start: it says so, and ends with 1.
@Suite(.timeLimit(.minutes(5))) struct HubRefusalTests {
    private let hub: ProgramHub

    init() throws {
        hub = try ProgramHub()
    }

    private func run(_ options: [String], _ environment: [String: String] = [:]) async throws -> ProgramResult {
        try await Program.run(
            Program.hubd.path, options, in: hub.path(""),
            environment: ProgramHub.environment.merging(environment) { $1 })
    }

    @Test func everyMistakeOfAFile_IsNamedAtOnce() async throws {
        let file = try hub.write("hub.yaml", "listen:\n  https: \"nonsense\"\nsite:\n  nmae: X\n")
        let result = try await run(["--state", "a", "--config", file])
        #expect(result.code == 1 && result.says("site.nmae") && result.says("listen.https"), "\(result)")
        #expect(!hub.exists("a"))
    }

    @Test(
        arguments: [
            (["--listen-htps", "x"], [:], "--listen-htps"),
            (["--check-config"], ["HUB_LISTEN_HTPS": "x"], "did you mean HUB_LISTEN_HTTPS"),
            (
                ["--site-host-names", "müller.example"], [:],
                "site.hostNames \"müller.example\" is not ASCII; write xn--mller-kva.example"
            ),
            (["--site-host-names", "müller.example", "--check-config"], [:], "xn--mller-kva.example"),
            (["--listen-https", "192.0.2.1:1"], [:], "listen.https: this machine has no such address"),
        ] as [([String], [String: String], String)])
    func wrongSetting_StopsIt(options: [String], environment: [String: String], words: String) async throws {
        let result = try await run(["--state", "a"] + options, environment)
        #expect(result.code == 1 && result.says(words), "\(result)")
    }

    @Test func shippedConfiguration_IsAccepted() async throws {
        let result = try await Program.run(
            Program.hubd.path, ["--config", Program.root + "/systemd/hub.yaml", "--check-config"])
        #expect(result.code == 0, "\(result)")
    }

    @Test func keysThatAreReadableOrExchanged_StopIt() async throws {
        try await hub.start()
        try await hub.stop()
        let key = try hub.read("state/ca/ca.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: hub.path("state/ca/ca.key"))
        let readable = try await run(["--state", hub.state])
        #expect(readable.code == 1 && readable.says("chmod 600"), "\(readable)")
        try hub.write("state/ca/ca.key", key)

        let storeKey = try hub.read("state/keys/store.key")
        try hub.write("state/keys/store.key", storeKey.map { ~$0 })
        let exchanged = try await run(["--state", hub.state])
        #expect(exchanged.code == 1 && exchanged.says("not the key"), "\(exchanged)")
        try hub.write("state/keys/store.key", storeKey)
        try await hub.start()
    }
}
