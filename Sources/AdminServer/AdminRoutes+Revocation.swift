internal import AdminAPI
internal import Administration
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import PKI

extension AdminRoutes {
    func addRevocation(to group: RouterGroup<HubContext>) {
        addRevocation(CertificateEndpoints.revoke, to: group)
        let revocation = Revocation(issuer: issuer)
        group.serve(CertificateEndpoints.hold) { request in
            let target = try Revocation.Target(try await request.body())
            return Self.page(try await revocation.revoke(target, reason: .certificateHold, by: request.requester))
        }
        group.serve(CertificateEndpoints.unhold) { request in
            let target = try Revocation.Target(try await request.body())
            return Self.page(try await revocation.unhold(target, by: request.requester))
        }
    }

    /// Revokes under one of two paths.
    func addRevocation(
        _ endpoint: AdminEndpoint<NoParameters, NoQuery, AdminRevocation, AdminPage<AdminCertificateView>>,
        to group: RouterGroup<HubContext>
    ) {
        let revocation = Revocation(issuer: issuer)
        group.serve(endpoint) { request in
            let wish = try await request.body()
            guard let reason = RevocationReason(name: wish.reason ?? "unspecified") else {
                let known = RevocationReason.allCases.map(\.name).joined(separator: ", ")
                throw AdminError.badRequest("reason must be one of \(known)")
            }
            return Self.page(
                try await revocation.revoke(try Revocation.Target(wish), reason: reason, by: request.requester))
        }
    }

    private static func page(_ records: [CertificateRecord]) -> AdminPage<AdminCertificateView> {
        AdminPage(items: records.map { AdminCertificateView($0) }, after: nil)
    }
}

extension Revocation.Target {
    /// - Throws: ``AdminError/badRequest(_:)`` unless exactly one name is given.
    fileprivate init(_ request: AdminRevocation) throws {
        switch (request.serial, request.deviceID, request.target, request.certificatePEM) {
        case (let serial?, nil, nil, nil): self = .serial(serial)
        case (nil, let id?, nil, nil): self = .device(id)
        case (nil, nil, let text?, nil): self = .serialOrDevice(text)
        case (nil, nil, nil, let pem?):
            guard let certificate = try? Certificate(pem: pem) else {
                throw AdminError.badRequest("certificatePEM is not a certificate in PEM")
            }
            self = .certificate(certificate)
        default: throw AdminError.badRequest("give one of serial, certificatePEM and deviceID")
        }
    }
}
