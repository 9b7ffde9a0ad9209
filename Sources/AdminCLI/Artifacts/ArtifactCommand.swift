internal import ArgumentParser

struct ArtifactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "artifact", abstract: "Update artifacts (.mender files).",
        subcommands: [ArtifactWriteCommand.self, ArtifactInspectCommand.self, ArtifactSignCommand.self])
}
