internal import Encoding
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PKI

/// What EST answers look like: base64 with the line breaks that each family of clients can read.
enum ESTAnswer {
    /// Certificates alone, as PKCS#7.
    static func certificates(_ certificates: [Certificate], to request: Request, isEnrolment: Bool) -> Response {
        let type = isEnrolment ? "application/pkcs7-mime; smime-type=certs-only" : "application/pkcs7-mime"
        return encoded(CertificateBundle.encode(certificates), type: type, to: request)
    }

    /// One DER value.
    static func encoded(_ der: [UInt8], type: String, to request: Request) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, transferEncoding: "base64"],
            body: .init(byteBuffer: ByteBuffer(string: base64(der, to: request))))
    }

    /// A key the hub made, with its certificate (RFC 7030 section 4.4.2).
    static func keyAndCertificate(_ key: [UInt8], _ certificate: Certificate, to request: Request) -> Response {
        let boundary = "latchkey-" + Hex.encode(SecureRandom.bytes(12))
        let parts = [
            ("application/pkcs8", key),
            ("application/pkcs7-mime; smime-type=certs-only", CertificateBundle.encode([certificate])),
        ]
        var text = ""
        for (type, bytes) in parts {
            text += "--\(boundary)\r\nContent-Type: \(type)\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            text += base64(bytes, to: request) + "\r\n"
        }
        text += "--\(boundary)--\r\n"
        return Response(
            status: .ok, headers: [.contentType: "multipart/mixed; boundary=\(boundary)"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// Nothing yet: the client asks again.
    static func pending(seconds: Int) -> Response {
        Response(status: .accepted, headers: [.retryAfter: "\(seconds)", .contentLength: "0"])
    }

    /// strongSwan, which sends no User-Agent, reads no line breaks at all; clients over OpenSSL read no long lines
    /// (docs/protocols/enrolment.md 1.1).
    private static func base64(_ bytes: [UInt8], to request: Request) -> String {
        request.headers[.userAgent] == nil ? Base64.encode(bytes) : Base64.encode(bytes, lineLength: 64)
    }

    private static let transferEncoding = HTTPField.Name("Content-Transfer-Encoding") ?? .contentEncoding
}
