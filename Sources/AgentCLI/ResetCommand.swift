internal import ArgumentParser
internal import DeviceClient

/// `hub-agent reset`
struct ResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Forget certificate, CA, hub and key, so that the device can be provisioned anew.",
        discussion: """
            The hub is not told: remove the device there with hubctl device remove ID.

            Examples:
              hub-agent reset
              hub-agent reset --keep-key
            """)

    @OptionGroup var state: StateOptions

    @Flag(help: "Keep the private key, so that an approval by fingerprint stays valid.")
    var keepKey = false

    func run() async throws {
        try await ending {
            // Whatever device the folder belongs to: a damaged state file must not keep it from being reset.
            let id = (try? Device.owner(ofFolder: state.folder)) ?? "unknown"
            let device = try Device(id: id, configuration: DeviceConfiguration(folder: state.folder))
            try await device.reset(keepingKey: keepKey)
            AgentOutput.message(.notice, "reset: \(state.folder) is empty\(keepKey ? " but for the key" : "")")
        }
    }
}
