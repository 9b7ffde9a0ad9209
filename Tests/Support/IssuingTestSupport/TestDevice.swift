internal import Encoding
package import PKI
internal import Wire

/// A device reduced to its messages: an ID, a key and a secret.
package struct TestDevice: Sendable {
    package let id: String
    package let key: PrivateKey
    package let secret: String
    package let mac: String

    /// A device with a fresh key.
    package init(_ id: String, secret: String, mac: String = "") throws {
        self.id = id
        self.secret = secret
        self.mac = mac
        key = try PrivateKey.makeP256()
    }

    /// The signed request as it goes over the wire.
    package func request() -> [UInt8] {
        var request = ProvisionRequest(deviceID: id, ip: "192.0.2.7", mac: mac, publicKeyPEM: key.publicKey.pem())
        request.signature = Base64.encode(
            HMACSHA256.authenticate(request.canonical(blankSignature: true), key: Array(secret.utf8)))
        return request.canonical(blankSignature: false)
    }
}
