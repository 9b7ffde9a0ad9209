package import Encoding

/// What a device posts to get or renew its certificate (docs/protocols/idprov.md 5).
package struct ProvisionRequest: Sendable, Equatable {
    /// Becomes the common name of the certificate.
    package var deviceID: String
    /// The device's own address as it sees it; for logs only, never trusted.
    package var ip: String
    /// The device's MAC address or empty; for logs only.
    package var mac: String
    /// The public key, PEM `PUBLIC KEY`.
    package var publicKeyPEM: String
    /// Base64 of the HMAC, empty when none.
    package var signature: String

    private static let names = ["deviceID", "ip", "mac", "publicKeyPEM", "signature"]

    /// Makes a request to be signed: `canonical(blankSignature: true)` is what the HMAC covers.
    package init(deviceID: String, ip: String, mac: String = "", publicKeyPEM: String, signature: String = "") {
        self.deviceID = deviceID
        self.ip = ip
        self.mac = mac
        self.publicKeyPEM = publicKeyPEM
        self.signature = signature
    }

    /// Reads a request from the network. Member order, white space and unknown members do not matter; a known member
    /// that occurs twice is refused. `deviceID`, `ip` and `publicKeyPEM` must not be empty, `deviceID` must be valid
    /// (``DeviceID/isValid(_:)``), `ip` and `mac` at most 128 bytes. Every error means 400.
    package init(parsing body: [UInt8]) throws(MessageError) {
        try self.init(decoding: body)
        guard DeviceID.isValid(deviceID) else { throw .invalidMember("deviceID") }
        guard ip.utf8.count <= IDProv.addressLimit else { throw .invalidMember("ip") }
        guard mac.utf8.count <= IDProv.addressLimit else { throw .invalidMember("mac") }
    }

    /// Reads a request without the product's own limits on its texts: what the protocol alone asks for.
    init(decoding body: [UInt8]) throws(MessageError) {
        let reader = try MessageReader(body, names: Self.names, limits: .message)
        deviceID = try reader.required(0)
        ip = try reader.required(1)
        mac = reader.text(2)
        publicKeyPEM = try reader.required(3)
        signature = reader.text(4)
    }

    /// The canonical form (docs/protocols/idprov.md 7). With `blankSignature` it is the message of the HMAC, without it
    /// the body that our devices send, so that both readings of the message agree.
    package func canonical(blankSignature: Bool) -> [UInt8] {
        var writer = JSONWriter(capacity: 160 + publicKeyPEM.utf8.count + deviceID.utf8.count)
        writer.object { writer in
            writer.member("deviceID", deviceID)
            writer.member("ip", ip)
            writer.member("mac", mac)
            writer.member("publicKeyPEM", publicKeyPEM)
            writer.member("signature", blankSignature ? "" : signature)
        }
        return writer.bytes
    }

    /// The received bytes with the value of `signature` removed: the second accepted reading (docs/protocols/idprov.md
    /// 7). Nil when the body has no such string member.
    package static func blankingSignature(in body: [UInt8]) -> [UInt8]? {
        RawReading.blankingSignature(in: body, limits: .message)
    }
}
