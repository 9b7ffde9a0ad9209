internal import ArgumentParser
internal import CoSigning
internal import Encoding

struct CoSignTrustCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Make the first trust store of a project. Needs no hub.",
        discussion: """
            A trust store holds the public keys that a device believes; later versions come from key sets. Keys are
            given as FILE or KID=FILE, in PEM or as a JWK. The first project key is named like the project, and the
            first co-signer key project/ID, where the file and the option say nothing else.

            Example:
              hubctl cosign trust --project 5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10 --project-key project.key.pub \\
                  --cosigner-key cosigner.jwk --recovery-key recovery-a=a.key.pub --recovery-key recovery-b=b.key.pub \\
                  --recovery-key recovery-c=c.key.pub --out trust.json
            """)

    @Option(help: "ID of the project.") var project: String
    @Option(help: "Public project key; repeat for several.") var projectKey: [NamedKey]
    @Option(help: "Public co-signer key, from the hub; repeat for several.") var cosignerKey: [NamedKey]
    @Option(help: "Public recovery key; repeat for several.") var recoveryKey: [NamedKey] = []
    @Option(help: "How many recovery keys must sign.") var recoveryThreshold: Int64?
    @Option(help: "File to write.") var out: String
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func work() async throws {
        let project = project
        let keys = try projectKey.map { try $0.read(otherwise: KeyID(project)) }
        let coSigners = try cosignerKey.map { try $0.read(otherwise: KeyID(coSignerOf: project)) }
        let recovery = try recoveryKey.map { try $0.read(otherwise: nil) }
        let trust = try CoSignFiles.naming("the trust store") {
            try TrustedKeys(
                project: project, version: 1, projectKeys: keys, coSignerKeys: coSigners, recoveryKeys: recovery,
                recoveryThreshold: recoveryThreshold ?? 2)
        }
        try CoSignFiles.write(trust.json.encoded(), to: out)
        Output.show(exactly: trust.json, json: json) { "\(out) is written\n" + trust.text }
    }
}

extension TrustedKeys {
    /// What people see of a trust store.
    var text: String {
        func names(_ keys: [VerificationKey]) -> String { keys.map(\.kid.text).joined(separator: ", ") }
        return Output.pairs([
            "project": project, "version": "\(version)", "project keys": names(projectKeys),
            "co-signer keys": names(coSignerKeys), "recovery keys": names(recoveryKeys),
            "recovery needs": recoveryKeys.isEmpty ? nil : "\(recoveryThreshold) of \(recoveryKeys.count)",
        ])
    }
}
