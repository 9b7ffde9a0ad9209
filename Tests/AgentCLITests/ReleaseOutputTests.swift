import ArgumentParser
import DeviceClient
internal import Encoding
import Testing

@testable import AgentCLI

@Suite struct ReleaseOutputTests {
    @Test func options_BecomeTheConfiguration() throws {
        var configuration = DeviceConfiguration(folder: "/tmp/none")
        let options = try ReleaseOptions.parse([
            "--type", "rpi4", "--group", "lab", "--group", "hall", "--no-clock", "--allow-offline-bundles",
        ])
        options.apply(to: &configuration)
        #expect(configuration.deviceType == "rpi4" && configuration.groups == ["lab", "hall"])
        #expect(!configuration.hasClock && configuration.allowOfflineBundles)
        try ReleaseOptions.parse([]).apply(to: &configuration)
        #expect(configuration.deviceType == nil && configuration.hasClock && !configuration.allowOfflineBundles)
    }

    @Test func noRelease_IsAnAnswer() throws {
        let output = ReleaseOutput(stream: "os", release: nil, file: nil)
        let document = try JSONValue(parsing: Array(output.text(json: true).utf8))
        #expect(document["stream"]?.string == "os" && document["action"] == nil)
        #expect(output.text(json: false) == "no release of os for this device")
    }

    @Test func status_HasTwoFaces() throws {
        let output = ReleaseStatusOutput(status: Self.status)
        let document = try JSONValue(parsing: Array(output.text(json: true).utf8))
        #expect(document["health"]?.string == "updates-stale" && document["trustOrigin"]?.string == "factory")
        #expect(document["trustVersion"]?.integer == 3 && document["silentSeconds"]?.integer == 604_801)
        #expect(document["acceptedAt"]?.string == "2027-01-15T08:00:00Z")
        let stream = document["streams"]?.array?.first
        #expect(stream?["seq"]?.integer == 42 && stream?["installed"]?.bool == true)
        let lines = output.text(json: false).split(separator: "\n")
        #expect(
            lines.contains("health       updates-stale") && lines.contains("keys         version 3, from the factory"))
        #expect(lines.contains("stream       os seq 42 2.4.1?evil, installed"), "a version begins no line")
    }

    private static let status = ReleaseStatus(
        streams: [.init(name: "os", seq: 42, version: "2.4.1\nevil", sha256: nil, isInstalled: true)],
        timeFloor: 1_800_000_000, project: "p", trustVersion: 3, trustOrigin: .factory, acceptedAt: 1_800_000_000,
        silentSeconds: 604_801, health: .updatesStale)
}
