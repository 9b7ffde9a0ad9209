internal import ArgumentParser
internal import DeviceClient

/// `hub-agent provision`
struct ProvisionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provision",
        abstract: "Find the hub, prove who we are, and get the certificate.",
        discussion: """
            Waits until the operator has approved the device unless --timeout is given.

            Examples:
              hub-agent provision --id lamp-0001 --secret-file label.txt
              hub-agent provision --id lamp-0002 --pin
              echo SECRET | hub-agent provision --id lamp-0001 --secret-file - --hub 192.0.2.1:43776
            """)

    @OptionGroup var options: DeviceOptions
    @OptionGroup var secretOptions: SecretOptions

    @Option(help: ArgumentHelp("Give up after this many seconds.", valueName: "seconds"))
    var timeout: Int?

    @Flag(help: "Forget failed pairings first: somebody at the device says that it may try again.")
    var retryPairing = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if let timeout, timeout < 1 { throw ValidationError("--timeout must be 1 or more") }
    }

    func run() async throws {
        try await ending {
            let secret = try secretOptions.secret()
            let device = try options.device(isPIN: secretOptions.pin)
            if retryPairing { try await device.allowPairing() }
            try await reporting(device) {
                try await device.provision(secret: secret, within: timeout.map { .seconds($0) })
            }
            AgentOutput.result(StatusOutput(try await device.status()).text(json: json), json: json)
        }
    }
}

/// Prints a device's events while it works.
@discardableResult
func reporting<Value: Sendable>(_ device: Device, _ work: @Sendable () async throws -> Value) async throws -> Value {
    let events = device.events
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            for await event in events { AgentOutput.message(event.level, event.line(of: device.id)) }
        }
        // The reader prints what is left and ends by itself.
        defer { device.endEvents() }
        return try await work()
    }
}
