internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubDaemon
package import HubHTTP
internal import Journal
package import PKI
internal import Secrets
package import Wire

/// A device reduced to its messages: an ID, a key and a secret.
package struct TestDevice: Sendable {
    package let key: PrivateKey
    private let id: String
    private let secret: String
    private let mac: String

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

    /// Asks a hub for a certificate.
    package func provision(
        at hub: TestHub, as peer: Peer = Peer(address: "192.0.2.7")
    ) async throws -> ProvisionResponse {
        let answer = try await hub.network.send(.post, "/idprov/provreq", body: request(), as: peer)
        return try ProvisionResponse(parsing: answer.body)
    }
}

extension ProvisionResponse {
    /// Whether the answer's signature is right under a key.
    package func isSigned(with key: [UInt8]) -> Bool {
        signature == Base64.encode(HMACSHA256.authenticate(canonical(blankSignature: true), key: key))
    }
}

extension TestHub {
    /// Registers a secret, as an operator would.
    package func addSecret(_ secret: String, for deviceID: String, life: Int64 = 3600) async throws {
        let new = NewSecret(deviceID: deviceID, value: Array(secret.utf8), validUntil: clock.now + life)
        try await hub.rooms.devices.addSecret(new, replacing: true, by: .hub)
    }
}
