/// Bits of the key usage extension (RFC 5280 section 4.2.1.3).
package enum KeyUsage: String, Sendable, CaseIterable {
    case digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement, keyCertSign, cRLSign

    /// Place in the BIT STRING.
    var bit: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Purposes of the extended key usage extension (RFC 5280 section 4.2.1.12).
package enum ExtendedKeyUsage: String, Sendable, CaseIterable {
    case clientAuth, serverAuth
    /// Signs OCSP answers for its issuer (RFC 6960 section 4.2.2.2).
    case ocspSigning
    /// Enters a device through a tunnel of ours. A purpose of its own, so that brokers and servers that trust the
    /// site's authority turn such a certificate away: it is not a client's in their sense.
    case tunnel

    /// id-kp …, and for tunnels an identifier made from a UUID (2.25.…), which needs no registration.
    var der: [UInt8] {
        switch self {
        case .serverAuth: Self.idKP + [1]
        case .clientAuth: Self.idKP + [2]
        case .ocspSigning: Self.idKP + [9]
        case .tunnel:
            [
                0x06, 0x14, 0x69, 0x81, 0xF6, 0x9F, 0x9E, 0x94, 0xD3, 0xD6, 0xA2, 0xB8, 0x95, 0x8A, 0x9B, 0xF0, 0xBA,
                0xC5, 0xF3, 0xBC, 0xD7, 0x10,
            ]
        }
    }

    private static let idKP: [UInt8] = [0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03]

    /// As OpenSSL's configuration language writes it.
    var openSSLText: String {
        switch self {
        case .ocspSigning: "OCSPSigning"
        case .tunnel: "2.25.163657228174155184956479218801867434896"
        case .clientAuth, .serverAuth: rawValue
        }
    }
}

/// What certificates of one role look like (docs/protocols/idprov.md 9).
package struct CertificateProfile: Sendable, Equatable {
    /// Name, the same as the OU where there is one.
    package var name: String
    /// `OU` of the subject.
    package var organizationalUnit: String?
    /// Life in seconds, from the moment of signing.
    package var validitySeconds: Int64
    /// How far notBefore lies back, for clocks that are slow, in seconds.
    package var backdateSeconds: Int64 = 60
    /// Critical key usage.
    package var keyUsage: Set<KeyUsage> = [.digitalSignature]
    /// Extended key usage, in this order.
    package var extendedKeyUsage: [ExtendedKeyUsage]
    /// Kinds of keys that get a certificate.
    package var allowedKeys: Set<AllowedKey> = [.p256, .p384, .ed25519]
    /// Kinds of alternative names that are admitted; others are refused.
    package var subjectAlternativeNames: Set<SubjectAlternativeNameKind> = []
    /// Where the CRL is (CRLDistributionPoints).
    package var crlURL: String?
    /// Where OCSP is asked (AuthorityInfoAccess).
    package var ocspURL: String?
    /// Where the issuer's certificate is (AuthorityInfoAccess).
    package var issuerURL: String?

    /// A profile with the common values.
    package init(name: String, organizationalUnit: String?, validityDays: Int, extendedKeyUsage: [ExtendedKeyUsage]) {
        self.name = name
        self.organizationalUnit = organizationalUnit
        validitySeconds = Int64(validityDays) * 86_400
        self.extendedKeyUsage = extendedKeyUsage
    }

    /// Whether a key gets a certificate of this profile.
    package func allows(_ kind: KeyKind) -> Bool { allowedKeys.contains { $0.admits(kind) } }

    package static let iotdevice = {
        var profile = CertificateProfile(
            name: "iotdevice", organizationalUnit: "iotdevice", validityDays: 30, extendedKeyUsage: [.clientAuth])
        profile.subjectAlternativeNames = [.uri]
        return profile
    }()
    /// A person or an app.
    package static let client = CertificateProfile(
        name: "client", organizationalUnit: "client", validityDays: 365, extendedKeyUsage: [.clientAuth])
    /// A broker or another server, which also is a client of others.
    package static let service = {
        var profile = CertificateProfile(
            name: "service", organizationalUnit: "service", validityDays: 365,
            extendedKeyUsage: [.serverAuth, .clientAuth])
        profile.subjectAlternativeNames = [.dns, .address, .uri]
        return profile
    }()
    /// A trusted service that registers devices.
    package static let plugin = CertificateProfile(
        name: "plugin", organizationalUnit: "plugin", validityDays: 365, extendedKeyUsage: [.clientAuth])
    package static let admin = CertificateProfile(
        name: "admin", organizationalUnit: "admin", validityDays: 365, extendedKeyUsage: [.clientAuth])
    /// The hub's own listeners.
    package static let server = {
        var profile = CertificateProfile(
            name: "server", organizationalUnit: nil, validityDays: 365, extendedKeyUsage: [.serverAuth])
        profile.subjectAlternativeNames = [.dns, .address]
        return profile
    }()
    /// The hub's OCSP responder.
    package static let ocsp = CertificateProfile(
        name: "ocsp", organizationalUnit: nil, validityDays: 30, extendedKeyUsage: [.ocspSigning])

    /// All profiles that exist without any file.
    package static let builtIn: [CertificateProfile] = [iotdevice, client, service, plugin, admin, server, ocsp]
}

/// What differs between two certificates of a profile.
package struct CertificateFields: Sendable {
    /// `CN`, 1…64 characters.
    package var commonName: String
    package var publicKey: PublicKey
    package var serial: Serial
    /// Unix seconds.
    package var notBefore: Int64
    /// Unix seconds.
    package var notAfter: Int64
    /// In this order.
    package var subjectAlternativeNames: [SubjectAlternativeName]

    /// All fields of one certificate.
    package init(
        commonName: String, publicKey: PublicKey, serial: Serial, notBefore: Int64, notAfter: Int64,
        subjectAlternativeNames: [SubjectAlternativeName] = []
    ) {
        self.commonName = commonName
        self.publicKey = publicKey
        self.serial = serial
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.subjectAlternativeNames = subjectAlternativeNames
    }
}
