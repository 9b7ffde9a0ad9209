internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import PKI

struct KeySetSignCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Add a signature to a key set. Needs no hub.",
        discussion: """
            The file is a draft or a key set that others have signed; it is replaced unless --out is given. The key's
            name is found in the key set, or in the trust store before it (--trust), by its public key. With --trust the
            command says whether signatures are still missing.

            Examples:
              hubctl cosign keyset sign keyset-2.json --key project.key --trust trust.json
              hubctl cosign keyset sign keyset-2.json --key 'pkcs11:token=safe;object=recovery-a' --kid recovery-a
            """)

    @Argument(help: "The draft or key set.") var file: String
    @Option(help: "Private key, PEM, or a pkcs11: URI.") var key: String
    @OptionGroup var signing: SigningOptions
    @Option(help: "Name of the key; default: found by its public key.") var kid: String?
    @Option(help: "Trust store before the key set.") var trust: String?
    @Option(help: "File to write; default: replace the file.") var out: String?
    @Flag(help: "Print one JSON document on standard output.") var json = false

    private struct Report: Encodable {
        let file: String
        let version: Int64
        let signedBy: [String]
        /// Whether devices with the trust store before it accept it; `nil` when that was not given.
        let complete: Bool?
        let missing: String?
    }

    func work() async throws {
        let old = try trust.map(CoSignFiles.trust)
        let value = try CoSignFiles.object(file)
        let message = value["payload"] == nil ? nil : try CoSignFiles.message(file)
        let claims =
            try message.map { message in
                try CoSignFiles.naming(file) { try Claims.decode(message.payload) }
            } ?? value
        guard MessageKind(of: claims) == .keyset else {
            throw CommandFailure.failed("\(file) is not a key set; draft one with: hubctl cosign keyset draft")
        }
        let new = try CoSignFiles.naming(file) { try TrustedKeys(claims) }
        let key = try CoSignFiles.p256(key, signing)
        let name = try name(of: key.publicKey, in: new.all + (old?.all ?? []))
        guard message?.entry(name) == nil else { throw CommandFailure.failed("\(name) has signed \(file) already") }
        let signed = try CoSignFiles.signed(message, claims: claims, by: SigningKey(kid: name, key: key))
        try CoSignFiles.write(signed.encoded(), to: out ?? file)
        try show(signed, version: new.version, missing: old.map { Self.missing(signed, $0) })
    }

    /// A signature under a name that belongs to another key would be refused by every device.
    private func name(of key: PublicKey, in known: [VerificationKey]) throws -> KeyID {
        let names = known.filter { $0.key == key }.map(\.kid)
        guard let kid else {
            guard let name = names.first else {
                throw CommandFailure.failed(
                    "the key is not in \(file); give the trust store before it with --trust, or its name with --kid")
            }
            return name
        }
        let name = try CoSignFiles.kid(kid)
        guard known.allSatisfy({ $0.kid != name || $0.key == key }) else {
            throw CommandFailure.failed("\(name) is the name of another key; take the right key or leave --kid out")
        }
        return name
    }

    /// What devices would say; `nil` when they accept it.
    private static func missing(_ message: SignedMessage, _ old: TrustedKeys) -> CoSignError? {
        do {
            _ = try KeySet.accept(message, trust: old, state: AcceptanceState())
            return nil
        } catch {
            return error
        }
    }

    private func show(_ message: SignedMessage, version: Int64, missing: CoSignError??) throws {
        let signers = message.entries.map(\.header.kid.text)
        let report = Report(
            file: out ?? file, version: version, signedBy: signers, complete: missing.map { $0 == nil },
            missing: (missing ?? nil)?.description)
        try Output.show(report, json: json) {
            let verdict: String? =
                switch missing {
                case nil: nil
                case .some(nil): "yes"
                case .some(let error?): "not yet: \(error.detail)"
                }
            return Output.pairs([
                "key set": report.file, "version": "\(version)", "signed by": signers.joined(separator: ", "),
                "complete": verdict,
            ])
        }
    }
}
