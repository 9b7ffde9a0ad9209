internal import Encoding
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PKI

/// The body of an enrolment request: a certificate request in base64, as leniently as the clients need it
/// (docs/protocols/enrolment.md 1.1).
enum RequestBody {
    /// Reads and checks it.
    ///
    /// - Throws: ``ESTError``.
    static func read(_ request: Request) async throws -> CertificateRequest {
        let type = request.headers[.contentType]?.split(separator: ";").first ?? "application/pkcs10"
        guard type.trimmed.lowercased() == "application/pkcs10" else { throw ESTError.wrongType }
        let body = try await request.body.collect(upTo: ESTRoutes.bodyLimit)
        guard let der = decode(body.readableBytesView) else {
            throw ESTError.badRequest("the body is not base64 of a PKCS#10 request")
        }
        do {
            return try CertificateRequest(der: der)
        } catch {
            throw ESTError.badRequest(reason(error))
        }
    }

    /// White space anywhere and lines of PEM armour are passed over.
    static func decode(_ body: some Sequence<UInt8>) -> [UInt8]? {
        var digits: [UInt8] = []
        digits.reserveCapacity(body.underestimatedCount)
        var isArmour = false
        var isLineStart = true
        for byte in body {
            switch byte {
            case 0x0A, 0x0D:
                (isArmour, isLineStart) = (false, true)
                continue
            case 0x20, 0x09: continue
            case UInt8(ascii: "-") where isLineStart: isArmour = true
            default: if !isArmour { digits.append(byte) }
            }
            isLineStart = false
        }
        return Base64.decode(digits)
    }

    private static func reason(_ error: PKIError) -> String {
        switch error.step {
        case .requestKeyKind: "a key of this kind gets no certificate here; use P-256, P-384, Ed25519 or RSA"
        case .requestAlgorithm:
            "the request is signed in a way that is not taken here; use ECDSA or RSA PKCS#1 v1.5 with SHA-256, or Ed25519"
        case .requestSignature: "the signature of the request is wrong"
        case .readPublicKey: "the public key of the request can't be used"
        default: "the body is no PKCS#10 request"
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
