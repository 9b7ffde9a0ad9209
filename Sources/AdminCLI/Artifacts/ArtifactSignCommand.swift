internal import ArgumentParser
internal import Artifact
internal import PKI

struct ArtifactSignCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Check and sign an artifact file. Needs no hub.",
        discussion: """
            The key is P-256, or RSA of at least 2048 bits. Only the signature changes.

            Examples:
              hubctl artifact sign release-2.mender --key publisher.key
              hubctl artifact sign release-2.mender --key publisher.key --out signed.mender
            """)

    @Argument(help: "The artifact.") var file: String
    @Option(help: "Private key, PEM, or a pkcs11: URI.") var key: String
    @OptionGroup var options: SigningOptions
    @Option(help: "File to write; default: replace the artifact.") var out: String?
    @Flag(help: "Replace an existing signature.") var replace = false
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func work() async throws {
        let signer = try options.key(key)
        let target = out ?? file
        do {
            try ArtifactSigner.sign(file, to: target, with: signer, replacing: replace)
        } catch ArtifactError.alreadySigned {
            throw CommandFailure.failed("\(file) is signed already; --replace puts the new signature in its place")
        } catch {
            try ArtifactFiles.with(file) { throw error }
        }
        let artifact = try ArtifactFiles.with(target) { try ArtifactReader.check(target) }
        let report = ArtifactReport(artifact, keys: [signer.publicKey])
        try Output.show(report, json: json) { "\(target) is signed by the key \(signer.publicKey.fingerprint)" }
    }
}
