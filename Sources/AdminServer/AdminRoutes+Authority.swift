internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
package import Issuing
internal import NIOCore
internal import PKI

/// What the admin API needs to change the site's authorities.
package struct AuthorityOperation: Sendable {
    let catalogue: AuthorityCatalogue
    let lists: RevocationLists
    let publication: Publication?

    /// Where authorities are made, their CRLs, and where those are published.
    package init(catalogue: AuthorityCatalogue, lists: RevocationLists, publication: Publication?) {
        self.catalogue = catalogue
        self.lists = lists
        self.publication = publication
    }
}

extension AdminRoutes {
    func addAuthority(to group: RouterGroup<HubContext>) {
        group.serve(AuthorityEndpoints.current) { _ in
            let authorities = issuer.authorities
            var view = AdminCertificateView(authorities.current.certificate, ou: "")
            view.pem = authorities.bundlePEM
            return view
        }
        group.serve(AuthorityEndpoints.list) { _ in AdminPage(items: try await authorities(), after: nil) }
        group.serve(AuthorityEndpoints.rotate) { request in
            try await issuer.rotate(authority.catalogue, by: request.requester)
            return AdminPage(items: try await authorities(), after: nil)
        }
        group.serve(AuthorityEndpoints.retire) { request in
            guard let generation = request.parameters.number else {
                throw AdminError.badRequest("the authority must be a number")
            }
            try await issuer.retire(
                generation, catalogue: authority.catalogue, force: request.query.force, by: request.requester)
        }
        group.serve(AuthorityEndpoints.revocationList) { request in
            let generation = request.query.generation?.number
            guard let list = try await authority.lists.list(generation ?? issuer.authority.generation) else {
                throw IssuingError.unknownAuthority(generation ?? 0)
            }
            return Response(
                status: .ok, headers: [.contentType: "application/pkix-crl"],
                body: .init(byteBuffer: ByteBuffer(bytes: list.der)))
        }
    }

    private func authorities() async throws -> [AdminAuthority] {
        let authorities = issuer.authorities
        var views: [AdminAuthority] = []
        for one in authorities.all {
            let end = try await issuer.lastEnd(one.generation)
            views.append(
                AdminAuthority(
                    generation: one.generation,
                    state: one.generation == authorities.current.generation ? "current" : "previous",
                    certificate: AdminCertificateView(one.certificate, ou: ""), lastEnd: end.map(RFC3339.text),
                    crl: authority.publication?.revocationList(one.generation)))
        }
        return views
    }
}
