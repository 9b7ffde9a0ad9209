internal import AdminAPI
internal import ArgumentParser
internal import Artifact
internal import Encoding

struct ArtifactUploadCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload", abstract: "Upload an artifact to the hub.",
        discussion: """
            The file is checked before it is sent, and again by the hub before it is listed. If the connection breaks or
            the hub restarts, the upload resumes where it stopped, as long as there is progress within --tries attempts.
            A partial upload of an interrupted command stays on the hub for a day; --resume continues it. A file that
            the hub has is not sent again. A .mender file and a .fw archive of fwup are told apart by their content;
            with --format raw any file is taken, as the firmware that the options name.

            Examples:
              hubctl artifact upload release-2.mender --description 'second release'
              hubctl artifact upload release-2.mender --resume
              hubctl artifact upload widget.fw
              hubctl artifact upload widget.raucb --format raw --product widget --version 1.2.3 --platform rpi4 \\
                  --architecture arm
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The artifact.") var file: String
    @Option(help: "Description of the artifact.") var description = ""
    @Flag(help: "Resume an earlier upload of the same file.") var resume = false
    @Option(help: "Attempts without progress before giving up.") var tries = 10

    @Option(help: "raw for a file that does not say what it is; otherwise the content tells.") var format: String?
    @Option(help: "Product of a raw file.") var product: String?
    @Option(help: ArgumentHelp("Version of a raw file.", valueName: "version")) var version: String?
    @Option(help: "Platform of a raw file: the device type it is for.") var platform: String?
    @Option(help: "Architecture of a raw file.") var architecture: String?

    func validate() throws {
        guard format == nil || format == "raw" else { throw ValidationError("--format is raw, or left out") }
        let values = [product, version, platform, architecture]
        guard values.allSatisfy({ ($0 != nil) == (format != nil) }) else {
            throw ValidationError("--format raw needs --product, --version, --platform and --architecture, and only it")
        }
        guard (1...1000).contains(tries) else { throw ValidationError("--tries is 1 to 1000") }
    }

    func work() async throws {
        let content = try check()
        var upload = ArtifactUploading(
            client: try connection.client(), file: file, size: content.size, sha256: content.sha256, tries: tries,
            isShown: Terminal.isWatched && !connection.json)
        upload.raw = raw
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

    private var raw: AdminRawFirmware? {
        guard let product, let version, let platform, let architecture else { return nil }
        return AdminRawFirmware(product: product, version: version, platform: platform, architecture: architecture)
    }

    /// Checks the file as far as it can be without the hub's keys.
    private func check() throws -> (size: Int64, sha256: String) {
        if raw != nil, try ArtifactFiles.isFwup(file) {
            Terminal.complain(
                "\(CommandLine.programName): warning: \(file) is a .fw archive: as a raw file its signature is not "
                    + "checked, and devices that install with fwup do not get it; upload it without --format raw")
        }
        return try ArtifactFiles.with(file) {
            if raw == nil, try !ArtifactFiles.isFirmware(file) {
                let content = try checkArtifact()
                return (content.size, content.sha256)
            }
            if raw == nil { _ = try FirmwareReader.check(FirmwareSource(file), trust: .anybody) }
            let sums = try FileSums(of: file)
            return (sums.size, Hex.encode(sums.sha256))
        }
    }

    private func checkArtifact() throws -> ArtifactDescription {
        do {
            return try ArtifactReader.check(file)
        } catch ArtifactError.notAnArtifact {
            throw CommandFailure.failed(
                "\(file): it is not an artifact, neither a .mender file nor a .fw archive; for other firmware add "
                    + "--format raw --product PRODUCT --version VERSION --platform PLATFORM "
                    + "--architecture ARCHITECTURE")
        }
    }
}
