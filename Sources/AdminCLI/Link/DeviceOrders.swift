internal import AdminAPI
internal import ArgumentParser

extension DeviceCommand {
    struct Reboot: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reboot a connected device.", discussion: "Example:\n  hubctl device reboot lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            try await connection.client().call(LinkEndpoints.reboot(id))
            try Output.show(["rebooting": id], json: connection.json) { "\(id) was told to reboot" }
        }
    }

    struct Identify: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a connected device show which one it is: blink, beep, as its maker decided.",
            discussion: "Example:\n  hubctl device identify lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            try await connection.client().call(LinkEndpoints.identify(id))
            try Output.show(["identifying": id], json: connection.json) { "\(id) was told to identify itself" }
        }
    }
}
