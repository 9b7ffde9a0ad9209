internal import ArgumentParser
internal import DeviceClient

/// `hub-agent renew`
struct RenewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract: "Get a fresh certificate now, whatever is left of the old one.",
        discussion: """
            A running agent does this by itself at half of the certificate's life.

            Example:
              hub-agent renew
            """)

    @OptionGroup var options: DeviceOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() async throws {
        try await ending {
            let device = try options.device()
            try await reporting(device) { try await device.renew() }
            AgentOutput.result(StatusOutput(try await device.status()).text(json: json), json: json)
        }
    }
}
