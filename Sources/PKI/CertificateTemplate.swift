internal import COpenSSL

/// The parts of a certificate that are the same for every one of a profile under one issuer, encoded once.
///
/// A certificate is then these parts with serial, times, name and key between them, and one signature: OpenSSL's X509
/// interface needs some 450 µs for the same bytes, this less than 50 (docs/protocols/enrolment.md 5).
/// `CertificateSigner.signWithOpenSSL(_:profile:)` is the test's oracle for every byte.
struct CertificateTemplate: Sendable {
    private let profile: CertificateProfile
    private let subjectPrefix: [UInt8]
    private let algorithm: [UInt8]
    private let issuer: [UInt8]
    private let extensionsBeforeKey: [UInt8]
    private let extensionsAfterKey: [UInt8]

    init(profile: CertificateProfile, issuer: Certificate, organization: String, algorithm: [UInt8]) {
        self.profile = profile
        self.algorithm = algorithm
        self.issuer = issuer.subjectDER
        subjectPrefix =
            DistinguishedName.attribute(0x0A, organization)
            + (profile.organizationalUnit.map { DistinguishedName.attribute(0x0B, $0) } ?? [])
        extensionsBeforeKey =
            Extension.basicConstraints + Extension.keyUsage(profile.keyUsage)
            + Extension.extendedKeyUsage(profile.extendedKeyUsage)
        extensionsAfterKey =
            Extension.authorityKeyIdentifier(of: issuer) + Extension.noCheck(profile) + Extension.crl(profile.crlURL)
            + Extension.access(ocsp: profile.ocspURL, issuer: profile.issuerURL)
    }

    /// TBSCertificate (RFC 5280 section 4.1.2) and the subject inside it.
    func toBeSigned(_ fields: CertificateFields) throws(PKIError) -> (bytes: [UInt8], subject: [UInt8]) {
        guard (1...64).contains(fields.commonName.unicodeScalars.count) else { throw PKIError(.encodeName) }
        let subject = DER.element(0x30, subjectPrefix + DistinguishedName.attribute(0x03, fields.commonName))
        var extensions = extensionsBeforeKey
        extensions += Extension.subjectKeyIdentifier(fields.publicKey)
        extensions += extensionsAfterKey
        if !fields.subjectAlternativeNames.isEmpty { extensions += try alternativeNames(fields) }
        var content: [UInt8] = [0xA0, 0x03, 0x02, 0x01, 0x02]
        content.reserveCapacity(1024)
        content += fields.serial.der
        content += algorithm
        content += issuer
        content += DER.element(0x30, DER.time(fields.notBefore) + DER.time(fields.notAfter))
        content += subject
        content += fields.publicKey.spki
        content += DER.element(0xA3, DER.element(0x30, extensions))
        return (DER.element(0x30, content), subject)
    }

    private func alternativeNames(_ fields: CertificateFields) throws(PKIError) -> [UInt8] {
        var names: [UInt8] = []
        for name in fields.subjectAlternativeNames {
            guard profile.subjectAlternativeNames.contains(name.kind), let der = name.der else {
                throw PKIError(.encodeAddress)
            }
            names += der
        }
        return Extension.make([0x55, 0x1D, 0x11], critical: false, DER.element(0x30, names))
    }
}

/// The extensions of our profiles, DER.
enum Extension {
    static func make(_ identifier: [UInt8], critical: Bool, _ value: [UInt8]) -> [UInt8] {
        DER.sequence(
            DER.element(0x06, identifier), critical ? [0x01, 0x01, 0xFF] : [], DER.element(0x04, value))
    }

    /// CA:FALSE, critical.
    static let basicConstraints = make([0x55, 0x1D, 0x13], critical: true, [0x30, 0x00])

    static func keyUsage(_ usages: Set<KeyUsage>) -> [UInt8] {
        guard let last = usages.map(\.bit).max() else { return [] }
        let bits = usages.reduce(into: UInt8(0)) { $0 |= 0x80 >> UInt8($1.bit) }
        return make([0x55, 0x1D, 0x0F], critical: true, [0x03, 0x02, UInt8(7 - last), bits])
    }

    static func extendedKeyUsage(_ usages: [ExtendedKeyUsage]) -> [UInt8] {
        usages.isEmpty ? [] : make([0x55, 0x1D, 0x25], critical: false, DER.element(0x30, usages.flatMap(\.der)))
    }

    /// SHA-1 of the key's bits (RFC 5280 section 4.2.1.2, method 1): a name, not a protection.
    static func keyIdentifier(_ key: PublicKey) -> [UInt8] {
        SHA1Name.hash(keyBits(key.spki))
    }

    static func subjectKeyIdentifier(_ key: PublicKey) -> [UInt8] {
        make([0x55, 0x1D, 0x0E], critical: false, DER.element(0x04, keyIdentifier(key)))
    }

    static func authorityKeyIdentifier(of issuer: Certificate) -> [UInt8] {
        let identifier = issuer.subjectKeyIdentifier ?? keyIdentifier(issuer.publicKey)
        return make([0x55, 0x1D, 0x23], critical: false, DER.element(0x30, DER.element(0x80, identifier)))
    }

    /// id-pkix-ocsp-nocheck, for OCSP responders only (RFC 6960 section 4.2.2.2.1).
    static func noCheck(_ profile: CertificateProfile) -> [UInt8] {
        guard profile.extendedKeyUsage.contains(.ocspSigning) else { return [] }
        return make([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x05], critical: false, [0x05, 0x00])
    }

    static func crl(_ url: String?) -> [UInt8] {
        guard let url else { return [] }
        let name = DER.element(0xA0, DER.element(0xA0, DER.element(0x86, Array(url.utf8))))
        return make([0x55, 0x1D, 0x1F], critical: false, DER.element(0x30, DER.element(0x30, name)))
    }

    static func access(ocsp: String?, issuer: String?) -> [UInt8] {
        var descriptions: [UInt8] = []
        for (method, url) in [(UInt8(1), ocsp), (UInt8(2), issuer)] {
            guard let url else { continue }
            let identifier: [UInt8] = [0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, method]
            descriptions += DER.sequence(identifier, DER.element(0x86, Array(url.utf8)))
        }
        guard !descriptions.isEmpty else { return [] }
        let value = DER.element(0x30, descriptions)
        return make([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01], critical: false, value)
    }

    /// What the BIT STRING of a SubjectPublicKeyInfo holds; it was checked when the key was made, so it is there.
    static func keyBits(_ spki: [UInt8]) -> [UInt8] {
        func read() throws(PKIError) -> [UInt8] {
            var outer = DERReader(spki[...], failure: .readPublicKey)
            var fields = try outer.enter(0x30)
            _ = try fields.element(0x30)
            return Array(try fields.bitString())
        }
        return (try? read()) ?? []
    }
}

extension Certificate {
    /// The subject key identifier it carries, which certificates it signs must repeat.
    var subjectKeyIdentifier: [UInt8]? {
        guard let x509 = try? X509Object(der: der), let value = unsafe X509_get0_subject_key_id(x509.pointer) else {
            return nil
        }
        return unsafe Array(
            UnsafeBufferPointer(start: ASN1_STRING_get0_data(value), count: Int(ASN1_STRING_length(value))))
    }
}
