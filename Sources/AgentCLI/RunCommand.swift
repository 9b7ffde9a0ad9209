internal import ArgumentParser
internal import DeviceClient

/// `hub-agent run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Keep the certificate fresh until stopped; provision first when there is none.",
        discussion: """
            Without a certificate and without a secret it waits for: hub-agent provision

            Examples:
              hub-agent run
              hub-agent run --id lamp-0001 --secret-file /etc/hub-agent.secret
            """)

    @OptionGroup var options: DeviceOptions
    @OptionGroup var secretOptions: SecretOptions

    @Flag(help: "Renew at once, then go on as usual: after the hub's CA or addresses were changed.")
    var renewNow = false

    func run() async throws {
        try await ending {
            let secret = try secretOptions.secret()
            let device = try await device(canProvision: secret != nil || options.trustOnFirstUse)
            try await reporting(device) {
                if try await device.status().certificate == nil { try await device.provision(secret: secret) }
                if renewNow { try await device.renew() }
                try await device.run()
            }
        }
    }

    /// The device of the folder; waits for one that somebody else provisions when this process cannot.
    private func device(canProvision: Bool) async throws -> Device {
        if canProvision { return try options.device() }
        var hasSaidSo = false
        while true {
            if try Device.owner(ofFolder: options.state.folder) != nil {
                let device = try options.device()
                if try await device.status().certificate != nil { return device }
            }
            if !hasSaidSo { Output.message(.notice, "not provisioned yet; waiting for: hub-agent provision") }
            hasSaidSo = true
            try await Task.sleep(for: .seconds(5))
        }
    }
}
