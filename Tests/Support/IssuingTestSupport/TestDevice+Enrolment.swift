internal import Issuing
internal import Devices
internal import Journal
package import PKI
internal import RecordTestSupport
internal import Secrets
internal import Wire

/// What became of a device's request for a certificate, whatever protocol might have carried it.
package struct TestEnrolment: Sendable {
    package enum Status: Sendable {
        case approved, waiting, rejected
    }

    package let status: Status
    private let issued: Certificate?

    fileprivate init(_ status: Status, _ issued: Certificate? = nil) {
        self.status = status
        self.issued = issued
    }

    private struct NotIssued: Error {
        let status: Status
    }

    /// The certificate; throws when none was issued.
    package var certificate: Certificate {
        get throws {
            guard let issued else { throw NotIssued(status: status) }
            return issued
        }
    }
}

extension TestDevice {
    /// Asks an issuer for a certificate as every protocol does, without one.
    ///
    /// - Parameters:
    ///   - certificate: what the device shows; `nil` leaves its secret as the proof.
    ///   - ended: the certificate it shows that has ended.
    ///   - address: where it asks from.
    package func enrol(
        at rig: some HoldsIssuer, with certificate: Certificate? = nil, ended: Certificate? = nil,
        from address: String = "192.0.2.7"
    ) async throws -> TestEnrolment {
        let attempt = EnrolmentAttempt(
            deviceID: id, proof: proof(certificate, ended, rig.issuer), key: key.publicKey, mac: mac,
            by: Requester(
                name: certificate.map { "iotdevice \($0.subject.commonName)" } ?? "anonymous", address: address))
        do {
            let claim = try await rig.issuer.claim(id, from: address)
            switch try await rig.issuer.decide(attempt, claim: claim) {
            case .issue(let reason):
                return TestEnrolment(
                    .approved,
                    try await rig.issuer.enrol(
                        id, claim: claim, publicKey: key.publicKey, sighting: attempt.sighting, reason: reason,
                        by: attempt.requester))
            case .wait, .lockedOut: return TestEnrolment(.waiting)
            case .refuse: return TestEnrolment(.rejected)
            }
        } catch IssuingError.secretGone, IssuingError.tooManyCertificates {
            return TestEnrolment(.waiting)
        } catch IssuingError.deviceRefused, DevicesError.deviceNameTaken {
            return TestEnrolment(.rejected)
        }
    }

    private func proof(_ certificate: Certificate?, _ ended: Certificate?, _ issuer: Issuer) -> EnrolmentProof {
        if let certificate, issuer.isValid(certificate), DeviceID.isSame(certificate.subject.commonName, id) {
            return .certificate(.renewal)
        }
        if let ended { return .ended(ended) }
        return .plain { [secret] in $0.value == Array(secret.utf8) }
    }
}
