internal import COpenSSL
internal import Encoding

/// An X.509 certificate: its bytes, and what the product reads off it.
package struct Certificate: Sendable, Hashable {
    package let der: [UInt8]
    package let subject: DistinguishedName
    /// Subject as encoded.
    package let subjectDER: [UInt8]
    /// Issuer as encoded.
    package let issuerDER: [UInt8]
    package let serial: Serial
    /// First second of its life, Unix seconds.
    package let notBefore: Int64
    /// Last second of its life, Unix seconds.
    package let notAfter: Int64
    /// The key it binds.
    package let publicKey: PublicKey
    /// Whether it may sign certificates (CA:TRUE and keyCertSign).
    package let isAuthority: Bool
    /// DNS names of the subject alternative name.
    package let dnsNames: [String]
    /// IP addresses of the subject alternative name, as text.
    package let addresses: [String]
    /// URIs of the subject alternative name.
    package let uris: [String]

    /// Longest certificate that is looked at.
    private static let limit = 64 * 1024

    /// Certificates are equal when their bytes are.
    package static func == (one: Certificate, other: Certificate) -> Bool { one.der == other.der }

    /// Hashes the bytes.
    package func hash(into hasher: inout Hasher) { hasher.combine(der) }

    /// Reads a certificate; bytes behind its end are refused.
    package init(der: [UInt8]) throws(PKIError) {
        let x509 = try X509Object(der: der)
        guard let serial = Serial(unsafe Self.integer(X509_get0_serialNumber(x509.pointer))),
            let notBefore = unsafe Self.seconds(X509_get0_notBefore(x509.pointer)),
            let notAfter = unsafe Self.seconds(X509_get0_notAfter(x509.pointer))
        else { throw PKIError(.readCertificate) }
        self.der = der
        self.serial = serial
        self.notBefore = notBefore
        self.notAfter = notAfter
        subject = unsafe DistinguishedName(reading: X509_get_subject_name(x509.pointer))
        subjectDER = unsafe Self.name(X509_get_subject_name(x509.pointer))
        issuerDER = unsafe Self.name(X509_get_issuer_name(x509.pointer))
        publicKey = try PublicKey(spki: unsafe Self.spki(x509.pointer))
        isAuthority =
            unsafe X509_check_ca(x509.pointer) == 1
            && X509_get_key_usage(x509.pointer) & UInt32(KU_KEY_CERT_SIGN) != 0
        (dnsNames, addresses, uris) = unsafe AlternativeNames.read(x509.pointer)
        ERR_clear_error()
    }

    /// Reads the first `CERTIFICATE` block.
    package init(pem: String) throws(PKIError) {
        guard let first = try Self.all(inPEM: pem).first else { throw PKIError(.readCertificate) }
        self = first
    }

    /// What the signer knows of a certificate it just made: reading it again would cost more than signing it.
    init(
        made der: [UInt8], fields: CertificateFields, subject: DistinguishedName, subjectDER: [UInt8],
        issuerDER: [UInt8]
    ) {
        self.der = der
        self.subject = subject
        self.subjectDER = subjectDER
        self.issuerDER = issuerDER
        serial = fields.serial
        notBefore = fields.notBefore
        notAfter = fields.notAfter
        publicKey = fields.publicKey
        isAuthority = false
        dnsNames = fields.subjectAlternativeNames.compactMap { if case .dns(let name) = $0 { name } else { nil } }
        addresses = fields.subjectAlternativeNames.compactMap { if case .address(let text) = $0 { text } else { nil } }
        uris = fields.subjectAlternativeNames.compactMap { if case .uri(let text) = $0 { text } else { nil } }
    }

    /// Every `CERTIFICATE` block, in order; other blocks are passed over.
    package static func all(inPEM text: String) throws(PKIError) -> [Certificate] {
        var certificates: [Certificate] = []
        for block in try PEM.decode(text) where block.label == "CERTIFICATE" {
            certificates.append(try Certificate(der: block.bytes))
        }
        return certificates
    }

    /// `CERTIFICATE` block.
    package var pem: String { PEM.encode(label: "CERTIFICATE", der) }

    /// SHA-256 of the certificate, lower-case hexadecimal.
    package var fingerprint: String { Hex.encode(SHA256.hash(der)) }

    /// The whole subject as OpenSSL writes it in the form of RFC 2253, from the common name up: what mosquitto's
    /// `use_subject_as_username` takes for a user's name. Characters beyond ASCII, control characters and separators
    /// are escaped in it.
    package var subjectText: String {
        guard let own = try? X509Object(der: der),
            let bio = try? unsafe Owned(BIO_new(BIO_s_mem()), .readCertificate, free: { _ = unsafe BIO_free($0) }),
            unsafe shim_print_name(bio.pointer, X509_get_subject_name(own.pointer)) >= 0
        else { return "" }
        defer { ERR_clear_error() }
        var start: UnsafePointer<UInt8>?
        let count = unsafe shim_bio_bytes(bio.pointer, &start)
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// Whether another certificate's key made the signature, and its subject is the issuer.
    package func isSigned(by issuer: Certificate) -> Bool {
        guard issuerDER == issuer.subjectDER, let own = try? X509Object(der: der),
            let key = try? PublicKey.decode(issuer.publicKey.spki)
        else { return false }
        defer { ERR_clear_error() }
        return unsafe X509_verify(own.pointer, key.pointer) == 1
    }

    /// Whether a text occurs in it somewhere, as URLs do in extensions.
    package func mentions(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, wanted.count <= der.count else { return false }
        return (0...(der.count - wanted.count)).contains { start in
            der[start] == first && der[start..<(start + wanted.count)].elementsEqual(wanted)
        }
    }

    /// Whether a private key belongs to it.
    package func matches(_ key: PrivateKey) -> Bool { key.publicKey.spki == publicKey.spki }

    private static func integer(_ value: UnsafePointer<ASN1_INTEGER>?) -> [UInt8] {
        guard let value = unsafe value, let number = unsafe ASN1_INTEGER_to_BN(value, nil) else { return [] }
        defer { unsafe BN_free(number) }
        guard unsafe BN_is_negative(number) == 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(unsafe (BN_num_bits(number) + 7) / 8))
        _ = unsafe BN_bn2bin(number, &bytes)
        return bytes
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = unsafe tm()
        guard let time = unsafe time, unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return unsafe CivilTime.seconds(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec))
    }

    private static func name(_ name: OpaquePointer?) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_X509_NAME(name, &bytes)
        guard length > 0, let start = unsafe bytes else { return [] }
        defer { unsafe CRYPTO_free(start, #file, #line) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(length)))
    }

    private static func spki(_ x509: OpaquePointer) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &bytes)
        guard length > 0, let start = unsafe bytes else { return [] }
        defer { unsafe CRYPTO_free(start, #file, #line) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(length)))
    }

    /// OpenSSL's form of a certificate, for the length of a scope.
    @safe struct X509Object: ~Copyable {
        private let owned: Owned
        var pointer: OpaquePointer { unsafe owned.pointer }

        init(der: [UInt8]) throws(PKIError) {
            guard der.count <= Certificate.limit else { throw PKIError(.readCertificate) }
            var isWhole = false
            let x509 = unsafe der.withUnsafeBufferPointer { bytes in
                var next = bytes.baseAddress
                let x509 = unsafe d2i_X509(nil, &next, bytes.count)
                unsafe isWhole = next == bytes.baseAddress.map { unsafe $0 + bytes.count }
                return unsafe x509
            }
            let made = try unsafe Owned(x509, .readCertificate) { unsafe X509_free($0) }
            guard isWhole else { throw PKIError(.readCertificate) }
            owned = made
        }
    }
}
