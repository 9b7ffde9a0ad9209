internal import AdminAPI
internal import ArgumentParser
internal import Artifact

struct ArtifactUploadCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload", abstract: "Upload an artifact to the hub.",
        discussion: """
            The file is checked before it is sent, and again by the hub before it is listed. If the connection breaks or
            the hub restarts, the upload resumes where it stopped, as long as there is progress within --tries attempts.
            A partial upload of an interrupted command stays on the hub for a day; --resume continues it. A file that
            the hub has is not sent again.

            Examples:
              hubctl artifact upload release-2.mender --description 'second release'
              hubctl artifact upload release-2.mender --resume
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The artifact.") var file: String
    @Option(help: "Description of the artifact.") var description = ""
    @Flag(help: "Resume an earlier upload of the same file.") var resume = false
    @Option(help: "Attempts without progress before giving up.") var tries = 10

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
