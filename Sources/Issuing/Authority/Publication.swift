internal import PKI

/// Where the hub publishes what others check certificates with (docs/protocols/enrolment.md 2): goes into every
/// certificate.
package struct Publication: Sendable, Equatable {
    /// `http://HOST:PORT`, without a slash at the end.
    package let base: String

    package init(base: String) {
        self.base = base
    }

    /// URL of an authority's CRL.
    package func revocationList(_ generation: Int64) -> String { base + Self.revocationListPath(generation) }
    /// URL of an authority's certificate.
    package func certificate(_ generation: Int64) -> String { base + Self.certificatePath(generation) }
    /// URL of the OCSP responder, which answers for every authority of the site.
    package var ocsp: String { base + Self.ocspPath }

    /// The first authority's paths are those of the specification; those after it carry their number, because a CRL is
    /// good only for the authority that signed it.
    package static func revocationListPath(_ generation: Int64) -> String { "/pki/\(name(generation)).crl" }
    /// See ``revocationListPath(_:)``.
    package static func certificatePath(_ generation: Int64) -> String { "/pki/\(name(generation)).cer" }
    /// OCSP over POST, and over GET with the request behind a slash.
    package static let ocspPath = "/pki/ocsp"

    /// `ca`, `ca-2`, `ca-3`.
    package static func name(_ generation: Int64) -> String { generation == 1 ? "ca" : "ca-\(generation)" }

    /// A responder's certificate says by id-pkix-ocsp-nocheck that nobody need check it.
    func applied(to profile: CertificateProfile, generation: Int64) -> CertificateProfile {
        guard !profile.extendedKeyUsage.contains(.ocspSigning) else { return profile }
        var published = profile
        published.crlURL = revocationList(generation)
        published.ocspURL = ocsp
        published.issuerURL = certificate(generation)
        return published
    }
}
