/// A certificate request (PKCS#10, RFC 2986) whose signature was checked: the sender holds the key.
///
/// Read by ``DERReader``: OpenSSL 3 needs some 250 µs to decode the key alone (docs/protocols/enrolment.md 5), this 90
/// µs with the signature.
package struct CertificateRequest: Sendable, Equatable {
    /// What the sender wants to be called; the hub decides.
    package let subject: SubjectName
    /// The key to be certified.
    package let publicKey: PublicKey
    /// Alternative names asked for.
    package let subjectAlternativeNames: [SubjectAlternativeName]

    /// Longest request that is looked at, in bytes.
    package static let limit = 48 * 1024

    /// Reads a request and checks its signature.
    ///
    /// - Throws: ``PKIError/Step/readRequest`` for anything but one whole request, ``PKIError/Step/readPublicKey`` for
    ///   a key that can't be used, ``PKIError/Step/requestKeyKind`` for one of a kind that is not taken,
    ///   ``PKIError/Step/requestAlgorithm`` when it is signed in a way that is not taken, with SHA-1 or RSA-PSS say,
    ///   ``PKIError/Step/requestSignature`` when the signature is wrong.
    package init(der: [UInt8]) throws(PKIError) {
        guard der.count <= Self.limit else { throw PKIError(.readRequest) }
        var outer = DERReader(der[...], failure: .readRequest)
        var request = try outer.enter(0x30)
        try outer.expectEnd()
        let information = try request.element(0x30)
        let algorithm = try request.element(0x30).whole
        let signature = try request.bitString()
        try request.expectEnd()

        var fields = DERReader(information.content, failure: .readRequest)
        guard try fields.element(0x02).content.elementsEqual([0]) else { throw PKIError(.readRequest) }
        subject = try SubjectName(reading: try fields.element(0x30).whole)
        publicKey = try PublicKey(spki: Array(try fields.element(0x30).whole))
        let attributes = try fields.optional(0xA0)?.content
        try fields.expectEnd()
        subjectAlternativeNames = try attributes.map(RequestedExtensions.names) ?? []

        if case .other = publicKey.kind { throw PKIError(.requestKeyKind) }
        guard let scheme = SignatureScheme(algorithm: Array(algorithm)), scheme.fits(publicKey.kind) else {
            throw PKIError(.requestAlgorithm)
        }
        guard publicKey.verify(Array(signature), of: Array(information.whole), scheme: scheme) else {
            throw PKIError(.requestSignature)
        }
    }
}

/// Finds alternative names in the attribute extensionRequest (RFC 2985 section 5.4.2).
private enum RequestedExtensions {
    private static let extensionRequest: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E]
    private static let subjectAlternativeName: [UInt8] = [0x55, 0x1D, 0x11]
    private static let nameLimit = 32

    static func names(_ attributes: ArraySlice<UInt8>) throws(PKIError) -> [SubjectAlternativeName] {
        var reader = DERReader(attributes, failure: .readRequest)
        var names: [SubjectAlternativeName] = []
        while !reader.isAtEnd {
            var attribute = try reader.enter(0x30)
            let identifier = try attribute.element(0x06).content
            let values = try attribute.element(0x31).content
            guard identifier.elementsEqual(extensionRequest) else { continue }
            var set = DERReader(values, failure: .readRequest)
            var extensions = try set.enter(0x30)
            while !extensions.isAtEnd {
                var one = try extensions.enter(0x30)
                let kind = try one.element(0x06).content
                _ = try one.optional(0x01)
                let value = try one.element(0x04).content
                if kind.elementsEqual(subjectAlternativeName) { names += try read(value) }
            }
        }
        return names
    }

    private static func read(_ value: ArraySlice<UInt8>) throws(PKIError) -> [SubjectAlternativeName] {
        var reader = DERReader(value, failure: .readRequest)
        var sequence = try reader.enter(0x30)
        var names: [SubjectAlternativeName] = []
        while !sequence.isAtEnd {
            guard names.count < nameLimit else { throw PKIError(.readRequest) }
            let name = try sequence.element()
            switch name.tag {
            case 0x82: names.append(.dns(String(decoding: name.content, as: UTF8.self)))
            case 0x86: names.append(.uri(String(decoding: name.content, as: UTF8.self)))
            case 0x87:
                if let text = AlternativeNames.text(ofAddress: Array(name.content)) { names.append(.address(text)) }
            default: break
            }
        }
        return names
    }
}
