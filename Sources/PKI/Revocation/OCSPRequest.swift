/// Which certificate an OCSP client asks about (RFC 6960 section 4.1.1), and the bytes to be echoed.
package struct OCSPCertificateID: Sendable, Hashable {
    /// The whole CertID, DER: it goes into the answer as it came.
    package let der: [UInt8]
    /// Serial; `nil` when it is none the hub can have issued.
    package let serial: Serial?
    /// Hash of the issuer's name, hash of the issuer's key.
    let issuer: IssuerHash
}

/// How a CertID names an issuer.
struct IssuerHash: Sendable, Hashable {
    let algorithm: [UInt8]
    let name: [UInt8]
    let key: [UInt8]
}

/// A request to the OCSP responder; who signed it does not matter, so nobody looks.
package struct OCSPRequest: Sendable, Equatable {
    /// What is asked, in order.
    package let certificates: [OCSPCertificateID]
    /// The nonce extension's value (an OCTET STRING in DER), to be echoed.
    package let nonce: [UInt8]?

    /// Longest request that is looked at, in bytes.
    package static let limit = 16 * 1024
    /// Most certificates one request may ask about.
    package static let certificateLimit = 64

    /// Reads a request.
    ///
    /// - Throws: ``PKIError/Step/readRequest`` for anything else, too many certificates, or a nonce of no or more than
    ///   128 octets.
    package init(der: [UInt8]) throws(PKIError) {
        guard der.count <= Self.limit else { throw PKIError(.readRequest) }
        var outer = DERReader(der[...], failure: .readRequest)
        var message = try outer.enter(0x30)
        try outer.expectEnd()
        var request = try message.enter(0x30)
        _ = try message.optional(0xA0)
        try message.expectEnd()
        _ = try request.optional(0xA0)
        _ = try request.optional(0xA1)
        var list = try request.enter(0x30)
        var certificates: [OCSPCertificateID] = []
        while !list.isAtEnd {
            guard certificates.count < Self.certificateLimit else { throw PKIError(.readRequest) }
            certificates.append(try Self.certificate(try list.enter(0x30)))
        }
        guard !certificates.isEmpty else { throw PKIError(.readRequest) }
        self.certificates = certificates
        nonce = try request.optional(0xA2).map { element throws(PKIError) in try Self.nonce(element.content) } ?? nil
        try request.expectEnd()
    }

    private static func certificate(_ reader: DERReader) throws(PKIError) -> OCSPCertificateID {
        var reader = reader
        let identifier = try reader.element(0x30)
        _ = try reader.optional(0xA0)
        try reader.expectEnd()
        var fields = DERReader(identifier.content, failure: .readRequest)
        var algorithm = try fields.enter(0x30)
        let hash = IssuerHash(
            algorithm: Array(try algorithm.element(0x06).content), name: Array(try fields.element(0x04).content),
            key: Array(try fields.element(0x04).content))
        let serial = Array(try fields.element(0x02).content)
        try fields.expectEnd()
        guard let first = serial.first else { throw PKIError(.readRequest) }
        return OCSPCertificateID(
            der: Array(identifier.whole), serial: first < 0x80 ? Serial(serial) : nil, issuer: hash)
    }

    private static func nonce(_ extensions: ArraySlice<UInt8>) throws(PKIError) -> [UInt8]? {
        var outer = DERReader(extensions, failure: .readRequest)
        var list = try outer.enter(0x30)
        try outer.expectEnd()
        while !list.isAtEnd {
            var one = try list.enter(0x30)
            let identifier = try one.element(0x06).content
            _ = try one.optional(0x01)
            let value = try one.element(0x04).content
            guard identifier.elementsEqual(OCSPNonce.identifier) else { continue }
            var inner = DERReader(value, failure: .readRequest)
            guard (1...128).contains(try inner.element(0x04).content.count) else { throw PKIError(.readRequest) }
            try inner.expectEnd()
            return Array(value)
        }
        return nil
    }
}

enum OCSPNonce {
    static let identifier: [UInt8] = [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02]
}
