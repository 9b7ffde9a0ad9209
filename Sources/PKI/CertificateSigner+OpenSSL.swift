internal import COpenSSL

/// The slow path: certificates through OpenSSL's X509 interface. It makes authorities, and it is the oracle that the
/// templates are tested against: everything but the signature must be the same bytes.
extension CertificateSigner {
    /// Signs as ``sign(_:profile:)`` does, without a template.
    package func signWithOpenSSL(
        _ fields: CertificateFields, profile: CertificateProfile
    ) throws(PKIError) -> Certificate {
        let name = DistinguishedName(
            organization: organization, organizationalUnits: profile.organizationalUnit.map { [$0] } ?? [],
            commonName: fields.commonName)
        let draft = try CertificateDraft(subjectDER: name.der, issuer: issuer, fields: fields)
        try draft.add(NID_basic_constraints, "critical,CA:FALSE")
        let usages = profile.keyUsage.sorted { $0.bit < $1.bit }.map(\.rawValue)
        if !usages.isEmpty { try draft.add(NID_key_usage, "critical," + usages.joined(separator: ",")) }
        let purposes = profile.extendedKeyUsage.map(\.openSSLText)
        if !purposes.isEmpty { try draft.add(NID_ext_key_usage, purposes.joined(separator: ",")) }
        try draft.add(NID_subject_key_identifier, "hash")
        try draft.add(NID_authority_key_identifier, "keyid")
        if profile.extendedKeyUsage.contains(.ocspSigning) { try draft.add(NID_id_pkix_OCSP_noCheck, "ignored") }
        if let url = profile.crlURL { try draft.add(NID_crl_distribution_points, "URI:\(url)") }
        let access = [profile.ocspURL.map { "OCSP;URI:\($0)" }, profile.issuerURL.map { "caIssuers;URI:\($0)" }]
            .compactMap(\.self)
        if !access.isEmpty { try draft.add(NID_info_access, access.joined(separator: ",")) }
        let alternatives = fields.subjectAlternativeNames.map(\.openSSLText)
        if !alternatives.isEmpty { try draft.add(NID_subject_alt_name, alternatives.joined(separator: ",")) }
        return try draft.signed(with: key)
    }

    /// A self-signed authority: pathlen 0, keyCertSign and cRLSign, no extended key usage (docs/protocols/idprov.md 9).
    package static func makeAuthority(
        commonName: String, organization: String, key: PrivateKey, serial: Serial, notBefore: Int64, notAfter: Int64
    ) throws(PKIError) -> Certificate {
        let fields = CertificateFields(
            commonName: commonName, publicKey: key.publicKey, serial: serial, notBefore: notBefore, notAfter: notAfter)
        let draft = try CertificateDraft(
            subjectDER: DistinguishedName(organization: organization, commonName: commonName).der, issuer: nil,
            fields: fields)
        try draft.add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        try draft.add(NID_key_usage, "critical,keyCertSign,cRLSign")
        try draft.add(NID_subject_key_identifier, "hash")
        return try draft.signed(with: key)
    }

    /// Another authority's name and key in a certificate of this one: those who trust this authority can go on to that
    /// one.
    package func crossSign(
        _ other: Certificate, serial: Serial, notBefore: Int64, notAfter: Int64
    ) throws(PKIError) -> Certificate {
        let fields = CertificateFields(
            commonName: other.subject.commonName, publicKey: other.publicKey, serial: serial, notBefore: notBefore,
            notAfter: notAfter)
        let draft = try CertificateDraft(subjectDER: other.subjectDER, issuer: issuer, fields: fields)
        try draft.add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        try draft.add(NID_key_usage, "critical,keyCertSign,cRLSign")
        try draft.add(NID_subject_key_identifier, "hash")
        try draft.add(NID_authority_key_identifier, "keyid")
        return try draft.signed(with: key)
    }
}

/// A certificate under construction in OpenSSL's form.
private struct CertificateDraft: ~Copyable {
    private let x509: Owned
    private let issuer: Certificate.X509Object?

    init(subjectDER: [UInt8], issuer: Certificate?, fields: CertificateFields) throws(PKIError) {
        let x509 = try unsafe Owned(X509_new(), .makeCertificate) { unsafe X509_free($0) }
        let name = try Self.name(subjectDER)
        let issuerName = try Self.name(issuer?.subjectDER ?? subjectDER)
        let publicKey = try PublicKey.decode(fields.publicKey.spki)
        let serial = try unsafe Owned(
            BN_bin2bn(fields.serial.bytes, Int32(fields.serial.bytes.count), nil), .makeCertificate
        ) { unsafe BN_free($0) }
        guard unsafe X509_set_version(x509.pointer, 2) == 1,
            unsafe X509_set_subject_name(x509.pointer, name.pointer) == 1,
            unsafe X509_set_issuer_name(x509.pointer, issuerName.pointer) == 1,
            unsafe X509_set_pubkey(x509.pointer, publicKey.pointer) == 1,
            unsafe BN_to_ASN1_INTEGER(serial.pointer, X509_get_serialNumber(x509.pointer)) != nil,
            unsafe ASN1_TIME_adj(X509_getm_notBefore(x509.pointer), time_t(fields.notBefore), 0, 0) != nil,
            unsafe ASN1_TIME_adj(X509_getm_notAfter(x509.pointer), time_t(fields.notAfter), 0, 0) != nil
        else { throw PKIError(.makeCertificate) }
        self.issuer = try Self.parse(issuer)
        self.x509 = x509
    }

    private static func parse(_ issuer: Certificate?) throws(PKIError) -> Certificate.X509Object? {
        guard let issuer else { return nil }
        return try Certificate.X509Object(der: issuer.der)
    }

    private static func name(_ der: [UInt8]) throws(PKIError) -> Owned {
        let name = unsafe der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return unsafe d2i_X509_NAME(nil, &next, bytes.count)
        }
        return try unsafe Owned(name, .encodeName) { unsafe X509_NAME_free($0) }
    }

    func add(_ identifier: Int32, _ value: String) throws(PKIError) {
        var context = unsafe X509V3_CTX()
        let signer: OpaquePointer = unsafe issuerPointer
        unsafe X509V3_set_ctx(&context, signer, x509.pointer, nil, nil, 0)
        let made = try unsafe Owned(X509V3_EXT_conf_nid(nil, &context, identifier, value), .makeCertificate) {
            unsafe X509_EXTENSION_free($0)
        }
        guard unsafe X509_add_ext(x509.pointer, made.pointer, -1) == 1 else { throw PKIError(.makeCertificate) }
    }

    private var issuerPointer: OpaquePointer {
        switch issuer {
        case .some(let issuer): unsafe issuer.pointer
        case .none: unsafe x509.pointer
        }
    }

    func signed(with key: PrivateKey) throws(PKIError) -> Certificate {
        let digest = unsafe SignatureAlgorithm(key.publicKey.kind).digest
        guard unsafe X509_sign(x509.pointer, key.key.pointer, digest) > 0 else { throw PKIError(.sign) }
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = unsafe i2d_X509(x509.pointer, &bytes)
        guard length > 0, let start = unsafe bytes else { throw PKIError(.makeCertificate) }
        defer { unsafe CRYPTO_free(start, #file, #line) }
        return try Certificate(der: unsafe Array(UnsafeBufferPointer(start: start, count: Int(length))))
    }
}
