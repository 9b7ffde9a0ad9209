internal import Files
internal import PKI

/// Opens a co-signer's key in a PKCS#11 token. The URI names the file with the PIN (`pin-source`).
enum CoSignerToken {
    /// - Parameter module: PKCS#11 library where the URI names none, that of the authority's key.
    /// - Throws: `PKIError`, `FileError`.
    static func key(_ text: String, module: String?) throws -> PrivateKey {
        let uri = try TokenURI(text)
        var pin = try uri.pinFile.map { file in try SecureFile.secret(file) }
        while let last = pin?.last, last == 0x0A || last == 0x0D { pin?.removeLast() }
        return try PrivateKey.inToken(uri, module: module, pin: pin)
    }
}
