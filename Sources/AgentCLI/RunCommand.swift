internal import ArgumentParser
internal import DeviceClient

/// `hub-agent run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Keep the certificate fresh until stopped; provision first when there is none.",
        discussion: """
            Without a certificate and without a secret it waits for: hub-agent provision. Key and certificate lie in a folder: whoever
            provisioned with --state runs with the same --state. Ports of the tunnel are reached with hubctl tunnel open only.

            Examples:
              hub-agent run
              hub-agent run --id lamp-0001 --secret-file /etc/hub-agent.secret
              hub-agent run --tunnel-ports 22,80 --state ./lamp-1
            """)

    @OptionGroup var options: DeviceOptions
    @OptionGroup var secretOptions: SecretOptions

    @Flag(help: "Renew at once, then go on as usual: after the hub's CA or addresses were changed.")
    var renewNow = false

    @Option(
        name: .customLong("tunnel-ports"),
        help: ArgumentHelp(
            "TCP ports of this device that operators may reach through the hub, as 22,80 (HUB_AGENT_TUNNEL_PORTS). May be repeated.",
            valueName: "ports"))
    var tunnelPorts: [String] = []

    func validate() throws {
        guard ports.allSatisfy({ (1...65_535).contains($0) }) else {
            throw ValidationError("--tunnel-ports and HUB_AGENT_TUNNEL_PORTS take ports, 1 to 65535, as 22,80")
        }
    }

    /// Those of the options, else of the environment; -1 for what is not a number.
    var ports: Set<Int> {
        let texts = tunnelPorts.isEmpty ? [Environment.value("HUB_AGENT_TUNNEL_PORTS") ?? ""] : tunnelPorts
        return Set(texts.flatMap { $0.split { $0 == "," || $0 == " " } }.map { Int($0) ?? -1 })
    }

    func run() async throws {
        try await ending {
            let secret = try secretOptions.secret()
            let device = try await device(canProvision: secret != nil || options.trustOnFirstUse)
            try await reporting(device) {
                if try await device.status().certificate == nil { try await device.provision(secret: secret) }
                if renewNow { try await device.renew() }
                try await keep(device)
            }
        }
    }

    /// Renews and, when asked, serves tunnels, until the first of them fails for good.
    private func keep(_ device: Device) async throws {
        guard !ports.isEmpty else { return try await device.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await device.run() }
            group.addTask { [ports] in try await device.serveTunnels(TunnelOffer(ports: ports)) }
            try await group.next()
            group.cancelAll()
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
            if !hasSaidSo {
                AgentOutput.message(
                    .notice,
                    "not provisioned yet: no certificate in \(options.state.folder); waiting for: hub-agent provision --state \(options.state.folder)"
                )
            }
            hasSaidSo = true
            try await Task.sleep(for: .seconds(5))
        }
    }
}
