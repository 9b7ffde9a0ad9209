internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import Files
internal import FoundationEssentials
internal import PKI

struct CoSignKeygenCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen", abstract: "Make a signing key. Needs no hub.",
        discussion: """
            Writes the private key (P-256, PKCS#8 in PEM, mode 0600) to the file, and the public one beside it with
            .pub. --project makes a new project: its ID, a UUID, is the name of its first key. Later keys are named
            ID#2, ID#3 and so on; a name is never used again. Without --passphrase-file and --no-passphrase the
            passphrase is asked for.

            Examples:
              hubctl cosign keygen --project --out project.key
              hubctl cosign keygen --kid recovery-a --out recovery-a.key --passphrase-file passphrase
              hubctl cosign keygen --kid 9d0b4a64-58b8-4b64-8b8e-6e3f8b0b9a01 --out server.key --no-passphrase
            """)

    @Option(help: "Name of the key.") var kid: String?
    @Flag(help: "Make the first key of a new project.") var project = false
    @Option(help: "File of the private key; the public key goes to FILE.pub.") var out: String
    @Option(help: "File with the passphrase to encrypt the key with; default: prompt.") var passphraseFile: String?
    @Flag(help: "Do not encrypt the key.") var noPassphrase = false
    @Flag(help: "Replace existing files.") var force = false
    @Flag(help: "Print one JSON document on standard output.") var json = false

    private struct Report: Encodable {
        let kid: String
        let privateKey: String
        let publicKey: String
        let encrypted: Bool
        let jwk: JSONValue
    }

    func validate() throws {
        guard (kid == nil) == project else { throw ValidationError("give either --kid or --project") }
        guard passphraseFile == nil || !noPassphrase else {
            throw ValidationError("--passphrase-file and --no-passphrase exclude each other")
        }
    }

    func work() async throws {
        let name = try CoSignFiles.kid(kid ?? UUID().uuidString.lowercased())
        let publicFile = out + ".pub"
        for file in [out, publicFile] where !force && SecureFile.exists(file) {
            throw CommandFailure.failed("\(file) exists already; --force replaces it, and what it signs with is lost")
        }
        let secret = try passphrase()
        let (key, pem) = try Self.make(secret)
        guard let named = VerificationKey(kid: name, key: key.publicKey) else {
            throw CommandFailure.failed("OpenSSL made a key of another kind")
        }
        try SecureFile.write(pem, to: out, mode: 0o600)
        try SecureFile.write(key.publicKey.pem(), to: publicFile, mode: 0o644)
        let report = Report(
            kid: name.text, privateKey: out, publicKey: publicFile, encrypted: secret != nil, jwk: named.jwk)
        try Output.show(report, json: json) {
            Output.pairs(["key": name.text, "private key": out, "public key": publicFile])
                + "\n" + PlainText.json(String(decoding: named.jwk.encoded(), as: UTF8.self))
        }
    }

    /// A fresh key and its file, which is read back before anybody relies on it.
    private static func make(_ secret: [UInt8]?) throws -> (PrivateKey, String) {
        do {
            let key = try PrivateKey.makeP256()
            let pem = try secret.map { secret throws(PKIError) in try key.pem(passphrase: secret) } ?? key.pem()
            guard try PrivateKey(pem: pem, passphrase: secret).publicKey == key.publicKey else {
                throw CommandFailure.failed("the key does not read back; nothing was written")
            }
            return (key, pem)
        } catch let error as PKIError where error.step == .passphraseNeeded {
            throw CommandFailure.usage("a passphrase has 1 to 1023 bytes")
        } catch let error as PKIError {
            throw CommandFailure.failed("OpenSSL can't make the key: \(error)")
        }
    }

    private func passphrase() throws -> [UInt8]? {
        if noPassphrase { return nil }
        if let passphraseFile { return Array(try SecretSource.file(passphraseFile, content: "passphrase").utf8) }
        let text = try SecretSource.askTwice(
            "Passphrase of the new key: ", "give the passphrase with --passphrase-file FILE, or --no-passphrase")
        guard !text.isEmpty else { throw CommandFailure.usage("the passphrase is empty; --no-passphrase means none") }
        return Array(text.utf8)
    }
}

struct CoSignPublicCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "public", abstract: "Show the public half of a signing key as a JWK. Needs no hub.",
        discussion: """
            For keys in a PKCS#11 token, which have no .pub file. With --out the JWK goes to a file, which the other
            commands take as a public key.

            Examples:
              hubctl cosign public --key project.key --kid 5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10
              hubctl cosign public --key 'pkcs11:token=publisher;object=release' --kid ID --out project.jwk
            """)

    @Option(help: "Private key, PEM, or a pkcs11: URI.") var key: String
    @OptionGroup var signing: SigningOptions
    @Option(help: "Name of the key.") var kid: String
    @Option(help: "File to write; default: standard output.") var out: String?

    func work() async throws {
        let name = try CoSignFiles.kid(kid)
        let key = try CoSignFiles.p256(key, signing).publicKey
        guard let named = VerificationKey(kid: name, key: key) else { return }
        guard let out else {
            return Terminal.print(PlainText.json(String(decoding: named.jwk.encoded(), as: UTF8.self)))
        }
        try CoSignFiles.write(named.jwk.encoded(), to: out)
    }
}
