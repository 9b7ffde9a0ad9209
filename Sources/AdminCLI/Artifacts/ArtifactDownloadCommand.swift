internal import AdminAPI
internal import ArgumentParser
internal import Artifact
internal import Encoding
internal import Files

struct ArtifactDownloadCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: "Download an artifact from the hub.",
        discussion: """
            The file appears under its name once it is complete and checked.

            Examples:
              hubctl artifact download 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42
              hubctl artifact download 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42 --out release-2.mender
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "ID of the artifact.") var id: String
    @Option(help: "File to write; default: the release's name with .mender, .fw or .bin.") var out: String?

    func work() async throws {
        let client = try connection.client()
        let artifact = try await client.call(ArtifactEndpoints.show(id))
        let target = try out ?? Self.name(artifact)
        try await WrittenFile.with(target, mode: 0o644) { try await fetch(artifact, with: client, to: target, $0) }
    }

    private func fetch(
        _ artifact: AdminArtifact, with client: AdminClient, to target: String, _ file: WrittenFile
    ) async throws {
        let progress = TransferProgress(total: Int(artifact.size), isShown: Terminal.isWatched && !connection.json)
        try await client.download(ArtifactEndpoints.download(artifact.id).path) { part in
            progress.update(Int(try file.write(part)))
        }
        progress.finish()
        let sha256 = try ArtifactFiles.with(file.path) {
            guard artifact.firmware == nil else { return Hex.encode(try FileSums(of: file.path).sha256) }
            return try ArtifactReader.check(file.path).sha256
        }
        guard sha256 == artifact.sha256 else {
            throw CommandFailure.failed("the checksum of \(target) does not match the hub's; try again")
        }
        let size = try file.finish()
        try Output.show(["file": target, "sha256": sha256], json: connection.json) {
            "\(target) is written: \(size) bytes"
        }
    }

    /// A release's name may be anything; a file's name must stay in this folder.
    private static func name(_ artifact: AdminArtifact) throws -> String {
        let release = artifact.release
        guard !release.contains("/"), !release.hasPrefix("."), release.utf8.count <= 200,
            Terminal.plain(release) == release
        else { throw CommandFailure.usage("the release's name is not usable as a file name; give one with --out") }
        switch artifact.format {
        case "fwup": return release + ".fw"
        case "raw": return release + ".bin"
        default: return release + ".mender"
        }
    }
}
