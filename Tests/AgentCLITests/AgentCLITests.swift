import ArgumentParser
import DeviceClient
internal import Encoding
import Glibc
import Testing

@testable import AgentCLI

@Suite struct AgentCLITests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_230_007, "2026-11-21T03:00:07Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] as [(Int64, String)]) func time_IsWrittenAsRFC3339(_ seconds: Int64, _ text: String)
    {
        #expect(RFC3339.text(seconds) == text)
    }

    @Test(arguments: [
        ("secret\n", "secret"), ("secret\r\n", "secret"), (" k3ee4 \n", " k3ee4 "), ("two\nlines\n", "two\nlines"),
        ("no end", "no end"), ("\u{FEFF}secret\r\n", "secret"), ("se\u{FEFF}cret", "se\u{FEFF}cret"),
    ]) func secretFile_LosesOneLineEndOnly(_ content: String, _ secret: String) throws {
        let path = "/tmp/agent-secret-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        defer { unsafe unlink(path) }
        _ = unsafe write(descriptor, content, content.utf8.count)
        close(descriptor)
        #expect(try SecretOptions.parse(["--secret-file", path]).secret() == secret)
    }

    @Test func secret_IsNeverAnArgument() {
        #expect(throws: (any Error).self) { try AgentCommand.parseAsRoot(["provision", "--secret", "x"]) }
    }

    @Test func status_HasTwoFaces() throws {
        let certificate = Self.status()
        let document = try JSONValue(parsing: Array(StatusOutput(certificate).text(json: true).utf8))
        #expect(document["deviceID"]?.string == "d1")
        #expect(document["state"]?.string == "unknown")
        #expect(document["services"]?["mqtts"]?.string == "mqtts://h")
        #expect(StatusOutput(certificate).text(json: false).contains("service      mqtts mqtts://h"))
    }

    private static func status() -> DeviceStatus {
        DeviceStatus(
            deviceID: "d1", keyFingerprint: "ab", certificate: nil, renewalDue: nil, believedTime: 0, hub: nil,
            services: ["mqtts": "mqtts://h"])
    }

    @Test(
        arguments: [
            (["58080,58022"], [58_080, 58_022]), (["22", "80"], [22, 80]), (["22 80", "22"], [22, 80]),
        ] as [([String], Set<Int>)]) func tunnelPorts_AreGivenInOneOptionOrMore(texts: [String], ports: Set<Int>) throws
    {
        #expect(try RunCommand.parse(texts.flatMap { ["--tunnel-ports", $0] }).ports == ports)
    }

    @Test(arguments: ["0", "65536", "ssh", "22,x", "-1"]) func tunnelPort_ThatIsNone_IsRefused(text: String) {
        #expect(throws: (any Error).self) { try RunCommand.parse(["--tunnel-ports=" + text]) }
    }

    @Test(arguments: [
        ("the tunnel proxy refused: TunnelProxyErrorAlreadyRegistered", "another agent runs as lamp-1"),
        ("the hub offers no service tunnelProxy; known: crl", "the hub's tunnel proxy is off"),
        (
            "TLS failed: sslError([Error: 2 error:1:SSL routines:OPENSSL_internal:SSLV3_ALERT_CERTIFICATE_UNKNOWN at x.cc:4])",
            "the hub refuses this certificate"
        ),
        ("TLS failed: sslError([Error: WRONG_VERSION_NUMBER])", "TLS failed: sslError([Error: WRONG_VERSION_NUMBER])"),
        ("connection closed", "connection closed"),
    ]) func reason_IsSaidPlainly(reason: String, words: String) {
        let line = DeviceEvent.tunnelDown(reason: reason).line(of: "lamp-1")
        #expect(line.hasPrefix("tunnel down: " + words) && !line.contains("ALERT"))
    }

    @Test func exitCodes_AreThoseOfTheProduct() {
        let hub = HubCandidate(name: "h", host: "h", port: 1, path: "/")
        #expect(DeviceError.noSecret.exitCode == 64)
        #expect(DeviceError.noHubFound.exitCode == 69)
        #expect(DeviceError.hubUnreachable(hub, reason: "").exitCode == 69)
        #expect(DeviceError.rejected(hub).exitCode == 1)
        #expect(DeviceError.noDeviceType.exitCode == 64)
        #expect(DeviceError.releaseRefused(error: "expired", reason: "").exitCode == 1)
    }

    @Test(arguments: ["provision", "run", "status", "release", "reset"]) func help_HasAnExample(_ command: String) {
        let message = AgentCommand.helpMessage(
            for: AgentCommand.configuration.subcommands.first {
                $0.configuration.commandName == command
            } ?? AgentCommand.self)
        #expect(message.contains("hub-agent \(command)"))
    }
}
