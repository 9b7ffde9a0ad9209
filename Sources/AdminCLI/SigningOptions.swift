internal import ArgumentParser
internal import Files
internal import PKI

/// The private key that signs: a file, or a key in a PKCS#11 token.
struct SigningOptions: ParsableArguments {
    @Option(help: "File with the key's passphrase, or the token's PIN; default: prompt.") var passphraseFile: String?

    /// - Parameter source: a PEM file, or a `pkcs11:` URI.
    func key(_ source: String) throws -> PrivateKey {
        if TokenURI.hasScheme(source) { return try tokenKey(source) }
        let pem = try SecureFile.read(source)
        do {
            return try PrivateKey(pem: pem, passphrase: try passphrase(pem))
        } catch let error as PKIError {
            switch error.step {
            case .passphraseNeeded:
                throw CommandFailure.failed("\(source) is encrypted; give its passphrase with --passphrase-file")
            case .wrongPassphrase: throw CommandFailure.failed("the passphrase does not open \(source)")
            default: throw CommandFailure.failed("\(source) does not contain a private key in PEM")
            }
        }
    }

    private func passphrase(_ pem: String) throws -> [UInt8]? {
        if let passphraseFile { return Array(try SecretSource.file(passphraseFile, content: "passphrase").utf8) }
        guard pem.contains("ENCRYPTED") else { return nil }
        return HiddenInput.ask("Passphrase of the key: ").map { Array($0.utf8) }
    }

    private func tokenKey(_ text: String) throws -> PrivateKey {
        do {
            let uri = try TokenURI(text)
            return try PrivateKey.inToken(uri, pin: try pin(uri))
        } catch let error as PKIError {
            throw CommandFailure.failed("the key in the token can't be used: \(Self.advice(error))")
        }
    }

    private func pin(_ uri: TokenURI) throws -> [UInt8]? {
        if let file = passphraseFile ?? uri.pinFile { return Array(try SecretSource.file(file, content: "PIN").utf8) }
        return HiddenInput.ask("PIN of the token: ").map { Array($0.utf8) }
    }

    private static func advice(_ error: PKIError) -> String {
        switch error.step {
        case .tokenURI: error.reasons.first ?? "its URI is wrong"
        case .tokenUnsupported: "OpenSSL has no way to PKCS#11 tokens here; install libengine-pkcs11-openssl"
        case .tokenModule: "its PKCS#11 library can't be loaded; name one with ?module-path= in the URI"
        case .tokenMissing: "no token, or more than one, fits the URI; insert it, or add serial="
        case .pinNeeded: "it wants a PIN; give a file with --passphrase-file or ?pin-source=file: in the URI"
        case .wrongPIN: "the PIN is wrong; correct it before the token locks itself"
        case .pinLocked: "it is locked after wrong PINs; unlock it with the token's own tools"
        default: "the token holds no usable key of that name; its public key must be in the token too"
        }
    }
}
