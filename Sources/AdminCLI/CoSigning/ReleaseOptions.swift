internal import ArgumentParser
internal import CoSigning
internal import Encoding

/// A release as options describe it.
struct ReleaseOptions: ParsableArguments {
    @Option(help: "ID of the project.") var project: String?
    @Option(help: "Update stream, such as os or app.gateway.") var stream: String?
    @Option(help: "Number of the release, higher than all before it in its stream.") var seq: Int64?
    @Option(help: "Version, for people; never compared.") var releaseVersion: String?
    @Option(help: "Type of devices that may install it; repeat for several.") var deviceType: [String] = []
    @Option(help: "The artifact; its SHA-256 and size are signed.") var file: String?
    @Option(help: "Name of the artifact; default: the file's name.") var name: String?
    @Option(help: "mender, fwup, raw, rauc or swu; default: from the file's extension, if known.") var format: String?
    @Option(help: "all, device:ID or group:NAME, if the publisher restricts it; repeat for several.")
    var audience: [String] = []

    /// Whether any of these was given.
    var isUsed: Bool {
        [project, stream, releaseVersion, file, name, format].contains { $0 != nil } || seq != nil
            || !deviceType.isEmpty || !audience.isEmpty
    }

    /// The claims without times and id. Types and ranges are checked by `Claims`.
    ///
    /// - Parameter progress: whether reading the artifact is shown.
    func claims(progress: Bool) throws -> [JSONValue.Member] {
        guard let project, let stream, let seq, let releaseVersion, let file, !deviceType.isEmpty else {
            throw CommandFailure.usage(
                "a release needs --project, --stream, --seq, --release-version, --device-type and --file; or give "
                    + "--claims or --message")
        }
        let content = try FileDigest(file, isShown: progress)
        var artifact: [JSONValue.Member] = [
            .init("name", .string(name ?? ArtifactFiles.name(file))), .init("sha256", .string(content.sha256)),
            .init("size", .number("\(content.size)")),
        ]
        if let format = format ?? Self.format(file) { artifact.append(.init("format", .string(format))) }
        var members: [JSONValue.Member] = [
            .init("kind", .string("release")), .init("project", .string(project)), .init("stream", .string(stream)),
            .init("seq", .number("\(seq)")), .init("version", .string(releaseVersion)),
            .init("device_types", .array(deviceType.map { .string($0) })), .init("artifact", .object(artifact)),
        ]
        if !audience.isEmpty { members.append(.init("aud", .array(audience.map { .string($0) }))) }
        return members
    }

    private static func format(_ file: String) -> String? {
        let extensions = [".mender": "mender", ".fw": "fwup", ".raucb": "rauc", ".swu": "swu", ".img": "raw"]
        return extensions.first { file.hasSuffix($0.key) }?.value
    }
}
