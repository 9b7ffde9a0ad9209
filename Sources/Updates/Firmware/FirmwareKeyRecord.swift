package import Artifact

/// What a public key is handed to devices for.
package enum FirmwareKeyPurpose: String, Sendable, CaseIterable {
    /// Firmware: the hub checks uploads with it, too.
    case firmware
    /// Archives beside the firmware (docs/protocols/device-link.md 10).
    case archive
}

/// A public key that devices check what they fetch with.
package struct FirmwareKeyRecord: Sendable, Equatable {
    /// What the operator calls it.
    package let name: String
    package let purpose: FirmwareKeyPurpose
    package let key: FirmwareKey
    /// Unix seconds.
    package let createdAt: Int64

    /// Base64 with padding, as devices are sent it.
    package var text: String { key.text }

    /// Keys of one purpose: fwup uses the first ten and ignores the rest.
    package static let limit = 10

    /// Whether a text may be a key's name: 1 to 64 letters, digits and `.`, `_`, `-`.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: ".")
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }
}
