internal import AdminAPI
internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import PKI

struct NextCoSignerCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "next-cosigner",
        abstract: "Show the key that is to follow the co-signer's; made when there is none.",
        discussion: """
            The publisher adds it by a key set (hubctl cosign keyset draft --add-cosigner FILE), which the hub signs with
            both keys. Once devices have that key set, another one that removes the present key makes the hub sign with
            the new one. A key set of the recovery keys may add the one and remove the other at once.

            Examples:
              hubctl cosign project next-cosigner ID --out cosigner-2.jwk
              hubctl cosign project next-cosigner ID --cosigner-token 'pkcs11:token=hub;object=second'
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "ID of the project.") var id: String
    @Option(help: "File to write; default: standard output.") var out: String?
    @Option(help: "Private key of P-256, PEM; the hub keeps it sealed.") var cosignerKey: String?
    @Option(help: ArgumentHelp("PKCS#11 URI of a key at the hub.", valueName: "uri")) var cosignerToken: String?
    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard cosignerKey == nil || cosignerToken == nil else {
            throw ValidationError("--cosigner-key and --cosigner-token exclude each other")
        }
    }

    func work() async throws {
        let pem = try cosignerKey.map { try CoSignerKeyOptions.pem($0, signing) }
        let key = try await connection.client().call(
            CoSignEndpoints.nextCoSigner(id, AdminNextCoSigner(pem: pem, token: cosignerToken)))
        guard let kid = KeyID(key.kid), let read = try? PublicKey(pem: key.pem),
            let named = VerificationKey(kid: kid, key: read)
        else { throw CommandFailure.failed("the hub's key \(key.kid) can't be read") }
        if let out { try CoSignFiles.write(named.jwk.encoded(), to: out) }
        guard out == nil || connection.json else { return Terminal.print(Terminal.plain("\(out ?? "") is written")) }
        Output.show(exactly: named.jwk, json: true) { "" }
    }
}
