package import Encoding

/// The value of `x-nh-signature`: who the device is and when it signed, in Erlang's external term format, and a MAC
/// over that (docs/protocols/device-link.md 3.1).
///
/// What it claims is read only when the MAC was found right: ``claims()``.
package struct SharedSecretToken: Sendable, Equatable {
    /// The part that is signed: the name of the MAC and the payload, both encoded.
    package let head: String
    /// HMAC-SHA256 over ``head``.
    package let mac: [UInt8]
    private let payload: [UInt8]

    /// Longest token, in bytes: an ID of 64 characters of four bytes each fits.
    package static let limit = 512
    /// HMAC-SHA256, encoded; known clients send no other.
    private static let header = "SFMyNTY"

    /// Reads a value of the header; says nothing of whose it is.
    package init(parsing text: String) throws(MessageError) {
        let refusal = MessageError.invalidMember(SharedSecretHeaders.Name.signature)
        guard text.utf8.count <= Self.limit else { throw refusal }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.elementsEqual(Self.header.utf8),
            let payload = Base64URL.decode(String(parts[1])), let mac = Base64URL.decode(String(parts[2])),
            mac.count == 32
        else { throw refusal }
        head = "\(parts[0]).\(parts[1])"
        (self.payload, self.mac) = (payload, mac)
    }

    /// What the device claims.
    package func claims() throws(MessageError) -> SharedSecretClaims { try SharedSecretClaims(parsing: payload) }

    /// The token of a device.
    ///
    /// - Parameter authenticate: HMAC-SHA256 of a message under the derived key.
    package static func text(_ claims: SharedSecretClaims, authenticate: ([UInt8]) -> [UInt8]) -> String {
        let head = "\(header).\(Base64URL.encode(claims.encoded()))"
        return "\(head).\(Base64URL.encode(authenticate(Array(head.utf8))))"
    }
}
