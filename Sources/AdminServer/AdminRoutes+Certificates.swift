internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
package import PKI

extension AdminRoutes {
    func addCertificates(to group: RouterGroup<HubContext>) {
        group.serve(CertificateEndpoints.list) { request in
            let paging = try Paging(request.query)
            let rows = try await issuer.certificates(
                commonName: request.query.commonName, before: try paging.number(), limit: paging.limit)
            return AdminPage(
                items: rows.map { AdminCertificateView($0.record) },
                after: rows.count == paging.limit ? rows.last.map { "\($0.id)" } : nil)
        }
        group.serve(CertificateEndpoints.issue) { request in
            let wish = try await request.body()
            let certificate = try await issue(wish, by: request.requester)
            var view = AdminCertificateView(certificate, ou: wish.ou)
            view.pem = certificate.pem
            return view
        }
        group.serve(CertificateEndpoints.show) { request in
            let record = try await issuer.certificate(serial: request.parameters)
            var view = AdminCertificateView(record)
            // Of a serial that was revoked unseen nothing else is known.
            if !record.der.isEmpty {
                view.pem = PEM.encode(label: "CERTIFICATE", record.der)
                view.fingerprint = Hex.encode(SHA256.hash(record.der))
            }
            return view
        }
    }

    private func issue(_ request: AdminCertificateRequest, by requester: Requester) async throws -> Certificate {
        guard let key = try? PublicKey(pem: request.publicKeyPEM) else {
            throw AdminError.badRequest("publicKeyPEM is not a usable public key")
        }
        let wish = try CertificateWish(
            commonName: request.commonName, ou: request.ou, publicKey: key, names: request.names ?? [],
            days: request.validityDays)
        return try await issuer.issue(wish, by: requester)
    }
}

extension AdminCertificateView {
    package init(_ certificate: Certificate, ou: String) {
        self.init(
            serial: certificate.serial.description, commonName: certificate.subject.commonName, ou: ou,
            notBefore: RFC3339.text(certificate.notBefore), notAfter: RFC3339.text(certificate.notAfter),
            fingerprint: certificate.fingerprint)
    }

    init(_ record: CertificateRecord) {
        self.init(
            serial: record.serial, commonName: record.commonName, ou: record.ou,
            notBefore: RFC3339.text(record.notBefore), notAfter: RFC3339.text(record.notAfter),
            revokedAt: record.revokedAt.map(RFC3339.text))
        reason = record.reason?.name
        // A device's is never asked for, and reading a million certificates would cost minutes.
        if record.ou != "iotdevice" { subject = (try? Certificate(der: record.der))?.subjectText }
    }
}
