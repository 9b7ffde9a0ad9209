internal import AdminAPI
internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import PKI

struct ProjectCoSignerCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosigner", abstract: "Show the co-signer's public key as a JWK.",
        discussion: """
            The publisher puts it into the trust store: hubctl cosign trust --cosigner-key FILE.

            Examples:
              hubctl cosign project cosigner ID --out cosigner.jwk
              hubctl cosign project cosigner ID --kid 'project/ID#2'
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "ID of the project.") var id: String
    @Option(help: "Name of the key, where the project has several.") var kid: String?
    @Option(help: "File to write; default: standard output.") var out: String?

    func work() async throws {
        let project = try await connection.client().call(CoSignEndpoints.project(id))
        let keys = project.keys("cosigner").filter {
            $0.state != "revoked" && (kid == nil || isSame($0.kid, kid ?? ""))
        }
        guard let key = keys.first, keys.count == 1 else {
            let names = keys.map(\.kid).joined(separator: ", ")
            throw keys.isEmpty
                ? CommandFailure.failed(
                    "the project has no such co-signer key that counts; look at: hubctl cosign key list")
                : CommandFailure.usage("the project has several co-signer keys; name one with --kid: \(names)")
        }
        guard let kid = KeyID(key.kid), let read = try? PublicKey(pem: key.pem),
            let named = VerificationKey(kid: kid, key: read)
        else { throw CommandFailure.failed("the hub's key \(key.kid) can't be read") }
        if let out { try CoSignFiles.write(named.jwk.encoded(), to: out) }
        guard out == nil || connection.json else { return Terminal.print(Terminal.plain("\(out ?? "") is written")) }
        Output.show(exactly: named.jwk, json: true) { "" }
    }
}
