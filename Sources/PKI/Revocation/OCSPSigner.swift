internal import COpenSSL

/// What the responder says about one certificate.
package enum OCSPStatus: Sendable, Equatable {
    /// Issued by this authority and not revoked.
    case good
    /// Revoked at a Unix second, for a reason.
    case revoked(at: Int64, reason: RevocationReason)
    /// Of another issuer, or never issued.
    case unknown
}

/// Signs OCSP answers for one authority, with the key of a delegated responder (RFC 6960 section 4.2.2.2).
package struct OCSPSigner: Sendable {
    /// The responder's certificate: EKU OCSPSigning, issued by ``authority``.
    package let certificate: Certificate
    /// Whose certificates it answers for.
    package let authority: Certificate
    private let signing: SigningContext
    private let algorithm: SignatureAlgorithm
    private let responder: [UInt8]
    private let issuers: Set<IssuerHash>

    /// The answer to what can't be read (docs/protocols/enrolment.md 2).
    package static let malformed: [UInt8] = [0x30, 0x03, 0x0A, 0x01, 0x01]
    /// The answer when the hub can't answer.
    package static let internalError: [UInt8] = [0x30, 0x03, 0x0A, 0x01, 0x02]

    /// The answer when nobody can answer for the certificate's authority any more (RFC 6960 section 2.3, RFC 5019
    /// section 2.2.3).
    package static let unauthorized: [UInt8] = [0x30, 0x03, 0x0A, 0x01, 0x06]

    /// Whether an answer says nothing about certificates: it is one of the errors above.
    package static func isError(_ answer: [UInt8]) -> Bool { answer.count == malformed.count }

    /// Joins a responder's certificate and key.
    package init(certificate: Certificate, key: PrivateKey, authority: Certificate) throws(PKIError) {
        guard certificate.matches(key) else { throw PKIError(.sign) }
        self.certificate = certificate
        self.authority = authority
        signing = try SigningContext(key)
        algorithm = SignatureAlgorithm(key.publicKey.kind)
        responder = DER.element(0xA2, DER.element(0x04, Extension.keyIdentifier(certificate.publicKey)))
        issuers = Self.hashes(of: authority)
    }

    /// Whether a certificate of that ID comes from this signer's authority.
    package func answers(_ identifier: OCSPCertificateID) -> Bool { issuers.contains(identifier.issuer) }

    /// A whole signed answer.
    ///
    /// - Parameters:
    ///   - statuses: one for each certificate asked about, in order.
    ///   - now: when it is signed, Unix seconds.
    ///   - thisUpdate: Unix seconds; before it a client does not believe the answer.
    ///   - nextUpdate: Unix seconds; until then a client may keep the answer.
    package func answer(
        _ statuses: [(identifier: OCSPCertificateID, status: OCSPStatus)], nonce: [UInt8]?, now: Int64,
        thisUpdate: Int64, nextUpdate: Int64
    ) throws(PKIError) -> [UInt8] {
        let produced = DER.generalizedTime(now)
        let validity = DER.generalizedTime(thisUpdate) + DER.element(0xA0, DER.generalizedTime(nextUpdate))
        var responses: [UInt8] = []
        for (identifier, status) in statuses {
            responses += DER.element(0x30, identifier.der + Self.encode(status) + validity)
        }
        var data = responder + produced + DER.element(0x30, responses)
        if let nonce {
            let echo = Extension.make(OCSPNonce.identifier, critical: false, nonce)
            data += DER.element(0xA1, DER.element(0x30, echo))
        }
        let toBeSigned = DER.element(0x30, data)
        let signature = DER.element(0x03, [0] + (try signing.sign(toBeSigned)))
        let certificates = DER.element(0xA0, DER.element(0x30, certificate.der))
        let basic = DER.sequence(toBeSigned, algorithm.identifier, signature, certificates)
        let bytes = DER.sequence(Self.basicResponse, DER.element(0x04, basic))
        return DER.sequence([0x0A, 0x01, 0x00], DER.element(0xA0, bytes))
    }

    private static let basicResponse: [UInt8] = [0x06, 0x09, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01]

    private static func encode(_ status: OCSPStatus) -> [UInt8] {
        switch status {
        case .good: [0x80, 0x00]
        case .unknown: [0x82, 0x00]
        case .revoked(let at, let reason):
            DER.element(
                0xA1,
                DER.generalizedTime(at)
                    + (reason == .unspecified
                        ? [] : DER.element(0xA0, [0x0A, 0x01, UInt8(truncatingIfNeeded: reason.rawValue)])))
        }
    }

    /// The issuer's name and key bits by each hash a client may choose (RFC 6960 section 4.1.1 leaves it to the
    /// client): SHA-1, which most use, SHA-256, SHA-384, SHA-512. They are names, not protections.
    private static func hashes(of authority: Certificate) -> Set<IssuerHash> {
        let bits = Extension.keyBits(authority.publicKey.spki)
        func named(_ algorithm: [UInt8], _ hash: ([UInt8]) -> [UInt8]) -> IssuerHash {
            IssuerHash(algorithm: algorithm, name: hash(authority.subjectDER), key: hash(bits))
        }
        let sha2: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02]
        return [
            named([0x2B, 0x0E, 0x03, 0x02, 0x1A], SHA1Name.hash), named(sha2 + [1], SHA256.hash),
            named(sha2 + [2], SHA512Family.hash384), named(sha2 + [3], SHA512Family.hash512),
        ]
    }
}
