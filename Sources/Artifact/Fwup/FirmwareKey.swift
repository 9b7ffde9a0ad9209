internal import Encoding
internal import PKI

/// A public key that signs firmware: Ed25519, 32 bytes.
package struct FirmwareKey: Sendable, Equatable {
    package let bytes: [UInt8]
    private let key: PublicKey

    /// The key of 32 bytes; `nil` for another length.
    package init?(_ bytes: [UInt8]) {
        guard let key = try? PublicKey(ed25519: bytes) else { return nil }
        (self.bytes, self.key) = (bytes, key)
    }

    /// The key of a text or file as fwup takes it: 32 bytes, or their base64, with or without padding.
    package init?(reading content: [UInt8]) {
        if content.count == 32 {
            self.init(content)
            return
        }
        let digits = content.filter { $0 != 0x20 && !(0x09...0x0D).contains($0) && $0 != UInt8(ascii: "=") }
        guard digits.count == 43, let bytes = Base64.decode(digits + [UInt8(ascii: "=")]) else { return nil }
        self.init(bytes)
    }

    /// Base64 with padding, as fwup writes it.
    package var text: String { Base64.encode(bytes) }

    func made(_ signature: [UInt8], of message: [UInt8]) -> Bool { key.verify(signature, of: message) }
}

/// Whose firmware is taken.
package struct FirmwareTrust: Sendable, Equatable {
    /// A signature must be of one of these.
    package var keys: [FirmwareKey]
    /// Whether archives without signature are taken. Without any key those with one are, too: nobody can judge them.
    package var allowsUnsigned: Bool

    package init(keys: [FirmwareKey], allowsUnsigned: Bool) {
        (self.keys, self.allowsUnsigned) = (keys, allowsUnsigned)
    }

    /// Takes any archive, to show what is in it.
    package static let anybody = FirmwareTrust(keys: [], allowsUnsigned: true)

    /// The key that made a signature; `nil` where nothing is to be judged.
    func signer(_ signature: [UInt8]?, of metadata: [UInt8]) throws(FirmwareError) -> FirmwareKey? {
        guard let signature else {
            guard allowsUnsigned else { throw .unsigned }
            return nil
        }
        guard !keys.isEmpty else {
            guard allowsUnsigned else { throw .noKeys }
            return nil
        }
        guard let key = keys.first(where: { $0.made(signature, of: metadata) }) else { throw .wrongSignature }
        return key
    }
}
