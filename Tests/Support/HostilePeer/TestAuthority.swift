package import PKI

/// A throw-away CA for tests: issues server and device certificates with any validity, also impossible ones.
package struct TestAuthority: Sendable {
    package let certificate: Certificate
    private let signer: CertificateSigner
    private let now: Int64

    /// Makes a CA valid from an hour before `now` (Unix seconds) for ten years.
    package init(name: String = "Test CA", now: Int64) throws {
        let key = try PrivateKey.makeP256()
        certificate = try CertificateSigner.makeAuthority(
            commonName: name, organization: "Test", key: key, serial: Serial.random(), notBefore: now - 3600,
            notAfter: now + 315_360_000)
        signer = try CertificateSigner(issuer: certificate, key: key, organization: "Test")
        self.now = now
    }

    /// A server certificate for 127.0.0.1 and localhost names, valid for a day unless said otherwise.
    ///
    /// - Parameters:
    ///   - uris: alternative names, as the hub's own certificate has one.
    ///   - profile: what kind of server it is; the hub unless said otherwise.
    package func server(
        notBefore: Int64? = nil, notAfter: Int64? = nil, names: [String] = ["hub.test"], uris: [String] = [],
        profile: CertificateProfile = .server
    ) throws -> PeerIdentity {
        var profile = profile
        profile.subjectAlternativeNames = [.dns, .address, .uri]
        let key = try PrivateKey.makeP256()
        let fields = CertificateFields(
            commonName: "hub.test", publicKey: key.publicKey, serial: Serial.random(), notBefore: notBefore ?? now - 60,
            notAfter: notAfter ?? now + 86400,
            subjectAlternativeNames: names.map { .dns($0) } + [.address("127.0.0.1")] + uris.map { .uri($0) })
        return PeerIdentity(chain: [try signer.sign(fields, profile: profile)], key: key)
    }

    package func device(
        _ id: String, key: PublicKey, notBefore: Int64? = nil, notAfter: Int64? = nil
    ) throws -> Certificate {
        let fields = CertificateFields(
            commonName: id, publicKey: key, serial: Serial.random(), notBefore: notBefore ?? now - 60,
            notAfter: notAfter ?? now + 86400, subjectAlternativeNames: [])
        return try signer.sign(fields, profile: .iotdevice)
    }
}

/// What a test server shows and holds.
package struct PeerIdentity: Sendable {
    /// Leaf first.
    package let chain: [Certificate]
    /// Key of the leaf.
    package let key: PrivateKey

    package init(chain: [Certificate], key: PrivateKey) {
        self.chain = chain
        self.key = key
    }
}
