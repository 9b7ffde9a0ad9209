package import Issuing
package import PKI
package import Journal

/// Revokes certificates, holds them and lifts a hold, whatever names them.
package struct Revocation: Sendable {
    private let issuer: Issuer

    package init(issuer: Issuer) {
        self.issuer = issuer
    }

    package enum Target: Sendable {
        case serial(String)
        /// Every certificate of a device.
        case device(String)
        /// A serial the hub knows, or else a device ID.
        case serialOrDevice(String)
        /// One that an authority of the site signed; the hub need not know it.
        case certificate(Certificate)
    }

    /// - Returns: what was revoked, in its current state; of a device its newest 100 certificates.
    package func revoke(
        _ target: Target, reason: RevocationReason, by requester: Requester
    ) async throws -> [CertificateRecord] {
        switch try await found(target, requester) {
        case .serial(let serial): return [try await issuer.revoke(serial: serial, reason: reason, by: requester)]
        case .device(let id):
            try await issuer.revoke(deviceID: id, reason: reason, by: requester)
            return try await certificates(of: id)
        }
    }

    /// Lifts a hold; a serial that nobody knows is forgotten with it.
    package func unhold(_ target: Target, by requester: Requester) async throws -> [CertificateRecord] {
        switch try await found(target, requester) {
        case .serial(let serial): return [try await issuer.unhold(serial: serial, by: requester)]
        case .device(let id):
            try await issuer.unhold(deviceID: id, by: requester)
            return try await certificates(of: id)
        }
    }

    private enum Found {
        case serial(String)
        case device(String)
    }

    private func found(_ target: Target, _ requester: Requester) async throws -> Found {
        switch target {
        case .serial(let serial): return .serial(serial)
        case .device(let id): return .device(id)
        case .serialOrDevice(let text):
            let isSerial = (try? await issuer.certificate(serial: text)) != nil
            return isSerial ? .serial(text) : .device(text)
        case .certificate(let certificate):
            try await issuer.learn(certificate, by: requester)
            return .serial(certificate.serial.description)
        }
    }

    private func certificates(of id: String) async throws -> [CertificateRecord] {
        try await issuer.certificates(commonName: id, before: nil, limit: 100).map(\.record)
    }
}
