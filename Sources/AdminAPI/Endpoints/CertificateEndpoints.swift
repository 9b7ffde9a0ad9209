/// Certificates the hub has issued.
package enum CertificateEndpoints {
    package static let list = AdminEndpoint<NoParameters, CertificateQuery, NoContent, AdminPage<AdminCertificateView>>(
        .get, "certificates")
    package static let issue = AdminEndpoint<NoParameters, NoQuery, AdminCertificateRequest, AdminCertificateView>(
        .post, "certificates", status: 201)
    package static let show = AdminEndpoint<String, NoQuery, NoContent, AdminCertificateView>(
        .get, "certificates/{serial}")

    package static let revoke = AdminEndpoint<NoParameters, NoQuery, AdminRevocation, AdminPage<AdminCertificateView>>(
        .post, "certificates/revoke")
    package static let hold = AdminEndpoint<NoParameters, NoQuery, AdminRevocation, AdminPage<AdminCertificateView>>(
        .post, "certificates/hold")
    package static let unhold = AdminEndpoint<NoParameters, NoQuery, AdminRevocation, AdminPage<AdminCertificateView>>(
        .post, "certificates/unhold")
    /// ``revoke`` under the path that scripts of others know (docs/protocols/enrolment.md 2).
    package static let revokeOldPath = AdminEndpoint<
        NoParameters, NoQuery, AdminRevocation, AdminPage<AdminCertificateView>
    >(.post, "revoke", base: "/admin")
}

package struct CertificateQuery: PagedQuery {
    /// Only those of this name.
    package var commonName: String?
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] { [.text("commonName", \.commonName)] }

    package init() {}

    package init(commonName: String?) { self.commonName = commonName }
}

/// The site's authorities.
package enum AuthorityEndpoints {
    /// The current one, with the PEM of all.
    package static let current = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminCertificateView>(.get, "ca")
    package static let list = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminAuthority>>(
        .get, "ca/authorities")
    package static let rotate = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminAuthority>>(
        .post, "ca/rotate", status: 201)
    package static let retire = AdminEndpoint<NumberText<Int64>, RetireQuery, NoContent, NoContent>(
        .delete, "ca/authorities/{generation}")
    /// A CRL, DER.
    package static let revocationList = AdminEndpoint<NoParameters, RevocationListQuery, NoContent, RawContent>(
        .get, "ca/crl")
}

package struct RetireQuery: EndpointQuery {
    /// Also while certificates under it are valid.
    package var force = false

    package static var fields: [QueryField<Self>] { [.flag("force", \.force)] }

    package init() {}

    package init(force: Bool) { self.force = force }
}

package struct RevocationListQuery: EndpointQuery {
    /// Number of the authority; `nil` for the current one.
    package var generation: NumberText<Int64>?

    package static var fields: [QueryField<Self>] { [.number("generation", \.generation)] }

    package init() {}

    package init(generation: Int64) { self.generation = NumberText(generation) }
}
