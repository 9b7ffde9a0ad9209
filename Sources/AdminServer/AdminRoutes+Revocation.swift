internal import AdminAPI
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import PKI

extension AdminRoutes {
    func addRevocation(to group: RouterGroup<HubContext>) {
        addRevocation(CertificateEndpoints.revoke, to: group)
        group.serve(CertificateEndpoints.hold) { asked in
            var hold = try await asked.body()
            hold.reason = RevocationReason.certificateHold.name
            return try await revoke(hold, by: asked.requester)
        }
        group.serve(CertificateEndpoints.unhold) { asked in
            switch try await named(by: try await asked.body(), asked.requester) {
            case .certificate(let serial):
                // A serial nobody knows is forgotten with its hold.
                return Self.page([try await issuer.unhold(serial: serial, by: asked.requester)])
            case .device(let id):
                try await issuer.unhold(deviceID: id, by: asked.requester)
                return try await certificates(of: id)
            }
        }
    }

    /// Revokes under one of two paths.
    func addRevocation(
        _ endpoint: AdminEndpoint<NoParameters, NoQuery, AdminRevocation, AdminPage<AdminCertificateView>>,
        to group: RouterGroup<HubContext>
    ) {
        group.serve(endpoint) { asked in try await revoke(try await asked.body(), by: asked.requester) }
    }

    private func revoke(
        _ asked: AdminRevocation, by requester: Requester
    ) async throws -> AdminPage<AdminCertificateView> {
        guard let reason = RevocationReason(name: asked.reason ?? "unspecified") else {
            let known = RevocationReason.allCases.map(\.name).joined(separator: ", ")
            throw AdminError.badRequest("reason must be one of \(known)")
        }
        switch try await named(by: asked, requester) {
        case .certificate(let serial):
            return Self.page([try await issuer.revoke(serial: serial, reason: reason, by: requester)])
        case .device(let id):
            try await issuer.revoke(deviceID: id, reason: reason, by: requester)
            return try await certificates(of: id)
        }
    }

    private enum Target {
        case certificate(String)
        case device(String)
    }

    private func named(by asked: AdminRevocation, _ requester: Requester) async throws -> Target {
        if let pem = asked.certificatePEM {
            guard asked.serial == nil, asked.deviceID == nil, asked.target == nil else {
                throw AdminError.badRequest("give one of serial, certificatePEM and deviceID")
            }
            guard let certificate = try? Certificate(pem: pem) else {
                throw AdminError.badRequest("certificatePEM is not a certificate in PEM")
            }
            try await issuer.learn(certificate, by: requester)
            return .certificate(certificate.serial.description)
        }
        switch (asked.serial, asked.deviceID, asked.target) {
        case (let serial?, nil, nil): return .certificate(serial)
        case (nil, let id?, nil): return .device(id)
        case (nil, nil, let target?):
            let isSerial = (try? await issuer.certificate(serial: target)) != nil
            return isSerial ? .certificate(target) : .device(target)
        default: throw AdminError.badRequest("give one of serial, certificatePEM and deviceID")
        }
    }

    /// A device's certificates as they stand now.
    private func certificates(of id: String) async throws -> AdminPage<AdminCertificateView> {
        Self.page(try await issuer.certificates(commonName: id, before: nil, limit: 100).map(\.record))
    }

    private static func page(_ records: [CertificateRecord]) -> AdminPage<AdminCertificateView> {
        AdminPage(items: records.map { AdminCertificateView($0) }, after: nil)
    }
}
