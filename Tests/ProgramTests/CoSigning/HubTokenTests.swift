import AdminAPI
import Testing

/// A hub whose co-signer key is in a PKCS#11 token.
@Suite(
    .timeLimit(.minutes(5)),
    .enabled(if: SoftTokens.isInstalled, "softhsm2, opensc and libengine-pkcs11-openssl are not installed"))
struct HubTokenTests {
    private let hub: ProgramHub

    init() async throws {
        hub = try ProgramHub()
        try hub.write("softhsm2.conf", "directories.tokendir = \(hub.path("tokens"))\n")
        try hub.write("pin", "4711\n")
        try await hub.shell(
            """
            mkdir tokens
            softhsm2-util --init-token --free --label hub --so-pin 12345678 --pin 4711
            pkcs11-tool --module \(SoftTokens.library) --token-label hub --login --pin 4711 --keypairgen \
                --key-type EC:prime256v1 --label cosigner --id 01
            """, ["SOFTHSM2_CONF": hub.path("softhsm2.conf")]
        ).succeeded()
    }

    private func bundle(_ release: String) -> [String] {
        ["bundle", "--release", release, "--audience", "all", "--artifact", HubBench.artifact, "--out", "usb"]
    }

    @Test func keyInAToken_CoSigns_AndTheHubRunsOnWithoutIt() async throws {
        let token = ["SOFTHSM2_CONF": hub.path("softhsm2.conf")]
        try await hub.start(environment: token)
        let bench = try await HubBench(hub)
        let uri =
            "pkcs11:token=hub;object=cosigner?module-path=\(SoftTokens.library)&pin-source=file:\(hub.path("pin"))"
        try await bench.create(["--cosigner-token", uri])
        #expect(try await bench.shown().coSignerReady)
        let release = try await bench.release(1).id
        try await bench.cosign(bundle(release)).succeeded()

        try await hub.stop()
        try await hub.start(environment: ["SOFTHSM2_CONF": "/dev/null"])
        #expect(try await !bench.shown().coSignerReady)
        try await bench.cosign(bundle(release) + ["--name", "second"]).expectRefusal("co-signer key can't be opened")
        #expect(!bench.exists("usb/second"))
        let alarms = try await hub.hubctl("alarms", "--json").succeeded().json(as: [AdminAlarm].self)
        #expect(alarms.contains { $0.kind == "coSignerMissing" && $0.subject == bench.project })

        try await hub.stop()
        try await hub.start(environment: token)
        #expect(try await bench.shown().coSignerReady)
        try await bench.cosign(bundle(release) + ["--name", "second"]).succeeded()
        #expect(try await hub.stop() == 0)
    }

    /// While a hub has one project, nobody needs to name it.
    @Test func onlyProject_NeedNotBeNamed() async throws {
        try await hub.start()
        let bench = try await HubBench(hub)
        try await bench.makeKey("s", kid: "s")
        try await bench.cosign("server", "add", "s", "s.key.pub").expectRefusal("hubctl cosign project create")
        try await bench.create()
        try await bench.cosign("server", "add", "s", "s.key.pub").succeeded()
        try await bench.cosign("server", "revoke", "s").succeeded()
        #expect(try await bench.cosign("server", "list").succeeded().output.contains("revoked"))
        try await bench.cosign("project", "create", bench.project, "--project-key", "project.key.pub", "--dry-run")
            .expectRefusal("exists already")
        #expect(try await hub.stop() == 0)
    }
}
