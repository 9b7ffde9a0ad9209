internal import ArgumentParser
internal import Artifact

struct ArtifactInspectCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Check an artifact file and show its contents. Needs no hub.",
        discussion: """
            Every checksum is verified. With --verify-key the artifact must be signed by one of these keys; otherwise
            the exit code is 1. A .mender file and a .fw archive of fwup are told apart by their content.

            Examples:
              hubctl artifact inspect release-2.mender
              hubctl artifact inspect release-2.mender --verify-key publisher.pem --json
              hubctl artifact inspect widget.fw --verify-key fwup-key.pub
            """)

    @Argument(help: "The artifact.") var file: String
    @Option(help: "Public key that must have signed it: PEM, for .fw as fwup writes it; repeat for several.")
    var verifyKey: [String] = []
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func work() async throws {
        guard try !ArtifactFiles.isFirmware(file) else { return try inspectFirmware() }
        let keys = try ArtifactFiles.publicKeys(verifyKey)
        let artifact = try ArtifactFiles.with(file) { try ArtifactReader.check(file) }
        let report = ArtifactReport(artifact, keys: keys)
        try Output.show(report, json: json) { report.text }
        guard keys.isEmpty || report.signedBy != nil else {
            throw CommandFailure.failed("\(file) is \(report.signed ? "signed by another key" : "not signed")")
        }
    }

    private func inspectFirmware() throws {
        let keys = try ArtifactFiles.firmwareKeys(verifyKey)
        let report = try ArtifactFiles.with(file) {
            let content = try FirmwareReader.check(
                FirmwareSource(file), trust: FirmwareTrust(keys: keys, allowsUnsigned: keys.isEmpty))
            return FirmwareReport(content, sums: try FileSums(of: file))
        }
        try Output.show(report, json: json) { report.text }
    }
}
