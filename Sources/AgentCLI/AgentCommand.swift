package import ArgumentParser

/// `hub-agent`: the device side as a ready program.
package struct AgentCommand: AsyncParsableCommand {
    /// Name, help and subcommands.
    package static let configuration = CommandConfiguration(
        commandName: "hub-agent",
        abstract: "Gets this device its certificate from the hub and keeps it fresh.",
        discussion: """
            Example, once:
              hub-agent provision --id AA:BB:CC:DD:EE:FF --secret-file label.txt
            and then forever, as a service:
              hub-agent run

            Exit codes: 0 done, 1 refused or failed, 64 wrong usage, 69 no hub reachable.
            """,
        subcommands: [
            ProvisionCommand.self, RunCommand.self, RenewCommand.self, StatusCommand.self, ReleaseCommand.self,
            ResetCommand.self,
        ])

    /// Made by the argument parser.
    package init() {}
}
