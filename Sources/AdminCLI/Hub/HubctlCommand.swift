internal import AdminAPI
package import ArgumentParser
internal import Files
internal import Transport

/// `hubctl`: administration of the running hub.
package struct HubctlCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "hubctl", abstract: "Administer a Latchkey hub.",
        discussion: """
            By default commands go to the hub on this machine, over its Unix socket.

            Examples:
              hubctl status
              hubctl device list --state pending
              hubctl --help
            """, version: "0.1.0",
        subcommands: [
            StatusCommand.self, DeviceCommand.self, GroupCommand.self, PairingCommand.self, AlarmsCommand.self,
            WebhookCommand.self,
            ServiceCommand.self, LinkCommand.self, TunnelCommand.self, AuthorityCommand.self, CertificateCommand.self,
            UserCommand.self,
            AuditCommand.self,
            ConfigurationCommand.self, BackupCommand.self, RestoreCommand.self, ArtifactCommand.self,
            ArchiveCommand.self, DeploymentCommand.self, CoSignCommand.self,
        ])

    /// Made by the argument parser.
    package init() {}
}

struct StatusCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the hub's status.", discussion: "Example:\n  hubctl status --json")

    @OptionGroup var connection: ConnectionOptions

    func work() async throws {
        let status = try await connection.client().call(HubEndpoints.status())
        try Output.show(status, json: connection.json) {
            Output.pairs([
                "version": status.version, "site": status.site, "started": status.startedAt,
                "listeners": status.listeners.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                    .joined(separator: ", "),
                "published as": status.publishedName,
                "not published": status.publishedName == nil ? status.discoveryProblem : nil,
                "devices": status.devices.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
                    .joined(separator: ", "),
                "secrets": "\(status.secrets)", "certificates": "\(status.certificates)",
                "authority": "\(status.authority.commonName), until \(status.authority.notAfter)",
                "CA fingerprint": status.authority.fingerprint, "clock": status.clockProblem,
            ])
        }
    }
}

struct ConfigurationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check the hub's configuration.", subcommands: [Check.self])

    struct Check: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a configuration file before the hub reads it.",
            discussion: "Example:\n  hubctl config check /etc/latchkey/hub.yaml")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "The file.") var file = "/etc/latchkey/hub.yaml"

        func work() async throws {
            let text = try SecureFile.bytes(file)
            let verdict = try await connection.client().upload(
                HubEndpoints.checkConfiguration(),
                chunks: { writer in try await writer.write(text) }, onProgress: { _ in })
            try Output.show(verdict, json: connection.json) {
                verdict.isGood ? "\(file) is right" : verdict.findings.joined(separator: "\n")
            }
            guard verdict.isGood else { throw CommandFailure.failed("\(file) has \(verdict.findings.count) problems") }
        }
    }
}
