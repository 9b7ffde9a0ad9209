internal import Encoding
internal import HTTPTypes
package import HubHTTP
internal import Issuing
package import IssuingTestSupport
internal import Journal
internal import PKI
internal import RecordTestSupport
internal import Rooms
package import Wire

/// A rig whose routes are called without a socket.
package protocol Routed: Sendable {
    /// Calls the routes that devices and administrators reach over TLS.
    var network: RouteClient { get }
}

extension TestDevice {
    /// Asks for a certificate over IDProv.
    package func provision(
        at hub: some Routed, as peer: Peer = Peer(address: "192.0.2.7")
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

extension HoldsIssuer {
    /// A peer with a fresh certificate of this authority.
    package func peer(_ commonName: String, ou: String, address: String = "192.0.2.9") async throws -> Peer {
        Peer(address: address, certificate: try await certificate(commonName, ou: ou))
    }

    /// Why the certificate of a peer that was accepted at the handshake is no longer valid.
    package var loss: PeerLossCheck {
        { [issuer, now = rooms.journal.now] peer in
            guard let certificate = peer.certificate ?? peer.endedCertificate else { return nil }
            if issuer.isRevoked(certificate) { return .revoked }
            let end = peer.certificate == nil ? issuer.graceEnd(of: certificate) : certificate.notAfter
            return now() > end ? .ended : nil
        }
    }
}
