internal import Files
internal import PKI
internal import Transport

/// The device's key, wherever it lives: what requests name and TLS signs with.
struct DeviceKey: TLSSigner {
    let publicKey: PublicKey
    private let signing: @Sendable ([UInt8]) throws -> [UInt8]

    init(_ key: PrivateKey) {
        publicKey = key.publicKey
        signing = { try key.sign($0) }
    }

    init(_ signer: any DeviceSigner) throws(DeviceError) {
        do {
            publicKey = try PublicKey(pem: signer.publicKeyPEM)
        } catch {
            throw .key(reason: "the signer's public key is no PEM PUBLIC KEY")
        }
        signing = { try signer.sign($0) }
    }

    init(providerURI: String) throws(DeviceError) {
        do {
            guard TokenURI.hasScheme(providerURI) else {
                self.init(try PrivateKey(providerURI: providerURI))
                return
            }
            let uri = try TokenURI(providerURI)
            self.init(try PrivateKey.inToken(uri, pin: try uri.pinFile.map(Self.pin(inFile:))))
        } catch let error as PKIError {
            throw .key(reason: Self.reason(error))
        } catch {
            throw .key(reason: "the PIN file: \(error)")
        }
    }

    /// One line; a file of a secret is for its owner alone.
    private static func pin(inFile file: String) throws(FileError) -> [UInt8] {
        guard try SecureFile.mode(file) & 0o077 == 0 else {
            throw FileError(path: file, doing: "use", reason: "others can read it; run: chmod 600 \(file)")
        }
        return Array(try SecureFile.secret(file).prefix { $0 != 0x0A && $0 != 0x0D })
    }

    private static func reason(_ error: PKIError) -> String {
        switch error.step {
        case .providerKey: "the provider finds no key at this URI"
        case .tokenURI: "its pkcs11: URI is not usable: \(error.reasons.first ?? "")"
        case .tokenUnsupported: "OpenSSL has no way to PKCS#11 tokens here; install libengine-pkcs11-openssl"
        case .tokenModule: "the PKCS#11 library can't be used; name one with ?module-path= in the URI"
        case .tokenMissing: "no token, or more than one, fits the URI"
        case .pinNeeded: "the token wants a PIN; name a file with ?pin-source=file: in the URI"
        case .wrongPIN: "the PIN does not open the token; correct it before the token locks itself"
        case .pinLocked: "the token is locked after wrong PINs"
        default: "the token holds no usable key of that name"
        }
    }

    func signature(of message: [UInt8]) throws -> [UInt8] {
        try signing(message)
    }
}
