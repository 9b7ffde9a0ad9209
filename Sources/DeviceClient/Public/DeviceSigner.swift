/// Where a device's private key lives.
public enum DeviceKeySource: Sendable {
    /// P-256 in a file of the device's folder, mode 0600, made at first use and never changed.
    case file
    /// Behind an OpenSSL provider, named by URI, for example `pkcs11:token=dev;object=key`.
    case provider(uri: String)
    /// Wherever this signer keeps it.
    case custom(any DeviceSigner)
}

/// Signs for a device with a key that its own code keeps: a secure element, a TPM, another process.
public protocol DeviceSigner: Sendable {
    /// The public key, PEM `PUBLIC KEY`: P-256, P-384 or Ed25519.
    var publicKeyPEM: String { get }

    /// Signs `message`: ECDSA in DER over SHA-256 (P-256) or SHA-384 (P-384), or pure Ed25519.
    func sign(_ message: [UInt8]) throws -> [UInt8]
}
