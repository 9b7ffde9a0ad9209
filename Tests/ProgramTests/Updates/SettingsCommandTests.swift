import AdminAPI
import Testing
import Transport

/// Settings of a device: set with hubctl, brought by a deployment.
@Suite(.hub(), .timeLimit(.minutes(5))) struct SettingsCommandTests {
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    private func configured(_ id: String) async throws -> [String: String] {
        try await hub.hubctl("device", "settings", "get", id, "--json").succeeded().json(as: AdminSettings.self)
            .configured
    }

    @Test func settings_AreChangedAndBroughtToTheDevice() async throws {
        struct Instructions: Decodable { var type: String? }
        let device = try await FleetDevice("settings", at: hub)
        #expect(try await configured(device.id).isEmpty)
        try await hub.hubctl("device", "settings", "set", device.id, "timezone=UTC", "brightness=40").succeeded()
        let file = try hub.write("settings.json", #"{"brightness":"60","name":"a b"}"#)
        try await hub.hubctl("device", "settings", "set", device.id, "--file", file, "--remove", "timezone")
            .succeeded()
        #expect(try await configured(device.id) == ["brightness": "60", "name": "a b"])

        let deployment = try await hub.hubctl("device", "settings", "deploy", device.id, "--json").succeeded()
            .json(as: AdminDeployment.self).id
        let told = try await device.next()
        #expect(told.status == 200)
        #expect(try told.json(as: Instructions.self).type == "configuration")
        let reported = try await device.send(
            "v1/deviceconfig/configuration", method: "PUT", #"{"brightness":"60"}"#)
        #expect(reported.status == 204)
        let table = try await hub.hubctl("device", "settings", "get", device.id).succeeded()
        #expect(table.lines.contains { $0.split(separator: " ") == ["brightness", "60", "60"] })
        #expect(try await device.report("success", of: deployment) == 204)
        try await hub.hubctl("deployment", "watch", deployment).succeeded()
    }

    @Test func settingsThatAreNone_AreRefused() async throws {
        try await hub.hubctl("device", "settings", "set", "nobody", "timezone").expectWrongUsage()
        try await hub.hubctl("device", "settings", "get", "nobody").expectRefusal("hubctl device list")
    }
}
