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
            self.init(try PrivateKey(providerURI: providerURI))
        } catch {
            throw .key(reason: "the provider finds no key at this URI")
        }
    }

    func signature(of message: [UInt8]) throws -> [UInt8] {
        try signing(message)
    }
}
