internal import AdminAPI
internal import ArgumentParser
internal import Artifact

struct ArtifactUploadCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload", abstract: "Brings an artifact to the hub.",
        discussion: """
            The file is checked here before a byte is sent, and by the hub before anybody sees it. When the connection breaks, or the
            hub restarts, the upload goes on where it was, as long as there is progress within --tries attempts. What a command that
            was ended has left on the hub stays a day: --resume goes on with it. A file the hub has already is not sent again.

            Examples:
              hubctl artifact upload release-2.mender --description 'second release'
              hubctl artifact upload release-2.mender --resume
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The artifact.") var file: String
    @Option(help: "What to write beside it.") var description = ""
    @Flag(help: "Go on with an earlier upload of the same file.") var resume = false
    @Option(help: "How often to try without progress.") var tries = 10

    func validate() throws {
        guard (1...1000).contains(tries) else { throw ValidationError("--tries is 1 to 1000") }
    }

    func work() async throws {
        let content = try ArtifactFiles.with(file) { try ArtifactReader.check(file) }
        let upload = ArtifactUploading(
            client: try connection.client(), file: file, size: content.size, sha256: content.sha256, tries: tries,
            isShown: Terminal.isWatched && !connection.json)
        let known = try await upload.find()
        let artifact: AdminArtifact
        if let known {
            artifact = known
        } else {
            artifact = try await upload.run(description: description, isResumed: resume)
        }
        try Output.show(artifact, json: connection.json) {
            Terminal.plain(
                "artifact \(artifact.id) of release \(artifact.release) is on the hub\(known == nil ? "" : " already")")
        }
    }
}
