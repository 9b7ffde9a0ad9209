internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import Files
internal import PKI

/// A public key on the command line: `FILE`, or `KID=FILE` where the file doesn't name the key.
struct NamedKey: ExpressibleByArgument, Equatable {
    let kid: KeyID?
    let file: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            guard !argument.isEmpty else { return nil }
            (kid, file) = (nil, argument)
            return
        }
        guard let kid = KeyID(parts[0]), !parts[1].isEmpty else { return nil }
        (self.kid, file) = (kid, parts[1])
    }

    /// Reads the key: PEM, or a JWK, which brings its name.
    ///
    /// - Parameter other: the name of a key in PEM that the argument gives none.
    func read(otherwise other: KeyID?) throws -> VerificationKey {
        let bytes = try SecureFile.bytes(file)
        if let value = StrictJSON.parse(bytes), value.members != nil { return try jwk(value) }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains("PRIVATE KEY") {
            throw CommandFailure.failed("\(file) is a private key; give the public one, \(file).pub")
        }
        guard let kid = kid ?? other else {
            throw CommandFailure.usage("\(file) does not say the key's name; write KID=\(file)")
        }
        guard let key = try? PublicKey(pem: text), let named = VerificationKey(kid: kid, key: key) else {
            throw CommandFailure.failed("\(file) contains no public key of P-256, neither in PEM nor as a JWK")
        }
        return named
    }

    private func jwk(_ value: JSONValue) throws -> VerificationKey {
        guard let key = VerificationKey(jwk: value) else {
            throw CommandFailure.failed("\(file) is not a P-256 JWK with a kid")
        }
        guard kid == nil || kid == key.kid else {
            throw CommandFailure.failed("\(file) is the key \(key.kid), not \(kid?.text ?? "")")
        }
        return key
    }
}
