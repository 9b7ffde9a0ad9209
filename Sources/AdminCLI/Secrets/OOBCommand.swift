package import ArgumentParser

/// `oob`: out-of-band secrets.
package struct OOBCommand: AsyncParsableCommand {
    /// One noun, the secret, so only verbs.
    package static let configuration = CommandConfiguration(
        commandName: "oob", abstract: "Manage the secrets with which devices prove their identity.",
        discussion: """
            Examples:
              oob generate 200 --pattern 'lamp-{0001}' > lamps.csv
              oob import lamps.csv
              oob label lamps.csv --sheet lamps.svg
            """, version: "0.1.0",
        subcommands: [
            AddCommand.self, ImportCommand.self, ListCommand.self, ShowCommand.self, RemoveCommand.self,
            ExportCommand.self, GenerateCommand.self, LabelCommand.self, UnlockCommand.self, RevokeCommand.self,
        ])

    /// Made by the argument parser.
    package init() {}
}
