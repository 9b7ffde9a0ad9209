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
        group.serve(CertificateEndpoints.hold) { asked in
            let target = try Revocation.Target(try await asked.body())
            return Self.page(try await revocation.revoke(target, reason: .certificateHold, by: asked.requester))
        }
        group.serve(CertificateEndpoints.unhold) { asked in
            let target = try Revocation.Target(try await asked.body())
            return Self.page(try await revocation.unhold(target, by: asked.requester))
        }
    }

    /// Revokes under one of two paths.
    func addRevocation(
        _ endpoint: AdminEndpoint<NoParameters, NoQuery, AdminRevocation, AdminPage<AdminCertificateView>>,
        to group: RouterGroup<HubContext>
    ) {
        let revocation = Revocation(issuer: issuer)
        group.serve(endpoint) { asked in
            let wish = try await asked.body()
            guard let reason = RevocationReason(name: wish.reason ?? "unspecified") else {
                let known = RevocationReason.allCases.map(\.name).joined(separator: ", ")
                throw AdminError.badRequest("reason must be one of \(known)")
            }
            return Self.page(
                try await revocation.revoke(try Revocation.Target(wish), reason: reason, by: asked.requester))
        }
    }

    private static func page(_ records: [CertificateRecord]) -> AdminPage<AdminCertificateView> {
        AdminPage(items: records.map { AdminCertificateView($0) }, after: nil)
    }
}

extension Revocation.Target {
    /// - Throws: ``AdminError/badRequest(_:)`` unless exactly one name is given.
    fileprivate init(_ asked: AdminRevocation) throws {
        switch (asked.serial, asked.deviceID, asked.target, asked.certificatePEM) {
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
