internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Certificates of profiles in the words of `openssl x509 -text`.
@Suite struct ProfileTests {
    private static func extensions(_ certificate: Certificate) throws -> [String] {
        try OpenSSL.text(
            [
                "x509", "-inform", "DER", "-noout", "-text", "-certopt",
                "no_header,no_version,no_serial,no_signame,no_validity,no_subject,no_issuer,no_pubkey,no_sigdump",
            ], input: certificate.der
        ).split(separator: "\n").map { $0.trimmingPrefix { $0 == " " }.description }
            .map { $0.hasSuffix(" ") ? String($0.dropLast()) : $0 }
    }

    private static func value(_ name: String, in lines: [String]) -> String? {
        lines.firstIndex { $0.hasPrefix("X509v3 \(name):") }.map { lines[$0 + 1] }
    }

    @Test(arguments: [
        (CertificateProfile.iotdevice, "TLS Web Client Authentication"), (.client, "TLS Web Client Authentication"),
        (.service, "TLS Web Server Authentication, TLS Web Client Authentication"),
        (.plugin, "TLS Web Client Authentication"), (.admin, "TLS Web Client Authentication"),
        (.server, "TLS Web Server Authentication"), (.ocsp, "OCSP Signing"),
    ])
    func purposes_AreThoseOfTheRole(profile: CertificateProfile, purposes: String) throws {
        let authority = try TestAuthority()
        let lines = try Self.extensions(try authority.issue(profile))
        #expect(Self.value("Extended Key Usage", in: lines) == purposes)
        #expect(lines.contains("X509v3 Basic Constraints: critical") && lines.contains("CA:FALSE"))
        #expect(lines.contains("X509v3 Key Usage: critical"))
        #expect(Self.value("Key Usage", in: lines) == "Digital Signature")
        #expect(lines.contains("OCSP No Check:") == (profile.name == "ocsp"))
        #expect(!lines.contains { $0.contains("CRL Distribution") || $0.contains("Authority Information") })
    }

    @Test func authority_SignsCertificatesAndListsOnly() throws {
        let lines = try Self.extensions(try TestAuthority().certificate)
        #expect(Self.value("Basic Constraints", in: lines) == "CA:TRUE, pathlen:0")
        #expect(Self.value("Key Usage", in: lines) == "Certificate Sign, CRL Sign")
        #expect(Self.value("Extended Key Usage", in: lines) == nil)
    }

    @Test func keyIdentifiers_LeadToTheIssuer() throws {
        let authority = try TestAuthority()
        let own = try Self.extensions(authority.certificate)
        let lines = try Self.extensions(try authority.issue(.iotdevice))
        let identifier = try #require(Self.value("Subject Key Identifier", in: own))
        #expect(Self.value("Authority Key Identifier", in: lines) == identifier)
        #expect(Self.value("Subject Key Identifier", in: lines) != identifier)
    }

    /// Bits of the BIT STRING, with those at the end left out (X.690 section 11.2.2).
    @Test(
        arguments: [
            ([.digitalSignature], "03020780", "Digital Signature"),
            ([.digitalSignature, .keyEncipherment], "030205a0", "Digital Signature, Key Encipherment"),
            ([.nonRepudiation], "03020640", "Non Repudiation"),
            ([.dataEncipherment, .keyAgreement], "03020318", "Data Encipherment, Key Agreement"),
            (Set(KeyUsage.allCases), "030201fe", nil),
        ] as [(Set<KeyUsage>, String, String?)])
    func keyUsage_IsAStringOfBits(usages: Set<KeyUsage>, bits: String, words: String?) throws {
        #expect(Hex.encode(Extension.keyUsage(usages)).hasSuffix(bits))
        guard let words else { return }
        var profile = CertificateProfile.client
        profile.keyUsage = usages
        #expect(Self.value("Key Usage", in: try Self.extensions(try TestAuthority().issue(profile))) == words)
    }

    @Test func nothingToSay_IsNoExtension() throws {
        #expect(Extension.keyUsage([]).isEmpty && Extension.extendedKeyUsage([]).isEmpty && Extension.crl(nil).isEmpty)
        #expect(Extension.access(ocsp: nil, issuer: nil).isEmpty)
        var profile = CertificateProfile.client
        (profile.keyUsage, profile.extendedKeyUsage) = ([], [])
        let authority = try TestAuthority()
        let certificate = try authority.issue(profile)
        let lines = try Self.extensions(certificate)
        #expect(Self.value("Key Usage", in: lines) == nil && Self.value("Extended Key Usage", in: lines) == nil)
        #expect(certificate.isSigned(by: authority.certificate))
    }

    @Test func tunnelPurpose_IsOfNoClientOrServer() throws {
        var profile = CertificateProfile.client
        profile.extendedKeyUsage = [.tunnel]
        let certificate = try TestAuthority().issue(profile)
        let lines = try Self.extensions(certificate)
        #expect(Self.value("Extended Key Usage", in: lines) == "2.25.163657228174155184956479218801867434896")
        let purposes = try OpenSSL.describe(certificate, "-purpose")
        #expect(purposes.contains("SSL client : No") && purposes.contains("SSL server : No"))
    }

    @Test func links_AreInTheCertificate() throws {
        var profile = CertificateProfile.client
        profile.crlURL = "http://hub.local/ca.crl"
        profile.ocspURL = "http://hub.local/ocsp"
        profile.issuerURL = "http://hub.local/ca.cer"
        let certificate = try TestAuthority().issue(profile)
        let lines = try Self.extensions(certificate)
        #expect(lines.contains("URI:http://hub.local/ca.crl"))
        #expect(lines.contains("OCSP - URI:http://hub.local/ocsp"))
        #expect(lines.contains("CA Issuers - URI:http://hub.local/ca.cer"))
        #expect(try OpenSSL.describe(certificate, "-ocsp_uri") == "http://hub.local/ocsp\n")
    }

    /// The signer keeps what it prepared for a profile; a changed one of the same name is another.
    @Test func changedProfile_IsPreparedAnew() throws {
        let authority = try TestAuthority()
        var profile = CertificateProfile.client
        #expect(try !authority.issue(profile).mentions("http://a.example/"))
        profile.crlURL = "http://a.example/"
        #expect(try authority.issue(profile).mentions("http://a.example/"))
        profile.crlURL = nil
        #expect(try !authority.issue(profile).mentions("http://a.example/"))
    }

    @Test(arguments: ["EC", "ED25519", "RSA"]) func authorityOfAnyKind_SignsWhatOpenSSLVerifies(algorithm: String)
        throws
    {
        let option = ["EC": "ec_paramgen_curve:secp384r1", "RSA": "rsa_keygen_bits:2048"][algorithm]
        let key = try PrivateKey(pem: try OpenSSL.makeKey(algorithm, option), passphrase: nil)
        let authority = try TestAuthority(key: key)
        let certificate = try authority.issue(.client)
        #expect(certificate.isSigned(by: authority.certificate))
        try TrustStore(roots: [authority.certificate]).verify(certificate, purpose: .client, at: TestAuthority.now)
        let folder = try WorkFolder()
        let (root, leaf) = (
            try folder.put("ca", authority.certificate.pem.utf8), try folder.put("leaf", certificate.pem.utf8)
        )
        let verdict = try OpenSSL.text([
            "verify", "-x509_strict", "-attime", "\(TestAuthority.now)", "-CAfile", root, leaf,
        ])
        #expect(verdict == "\(leaf): OK\n")
    }

    @Test func signerWithTheKeyOfAnother_IsNone() throws {
        let authority = try TestAuthority()
        #expect(throws: PKIError(.sign)) {
            try CertificateSigner(issuer: authority.certificate, key: try PrivateKey.makeP256(), organization: "x")
        }
    }
}
