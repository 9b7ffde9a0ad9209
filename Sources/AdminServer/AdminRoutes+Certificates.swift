internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
package import PKI
internal import Wire

extension AdminRoutes {
    func addCertificates(to group: RouterGroup<HubContext>) {
        group.serve(CertificateEndpoints.list) { asked in
            let paging = try Paging(asked.query)
            let rows = try await issuer.certificates(
                commonName: asked.query.commonName, before: try paging.number(), limit: paging.limit)
            return AdminPage(
                items: rows.map { AdminCertificateView($0.record) },
                after: rows.count == paging.limit ? rows.last.map { "\($0.id)" } : nil)
        }
        group.serve(CertificateEndpoints.issue) { asked in
            let wish = try await asked.body()
            let certificate = try await issue(wish, by: asked.requester)
            var view = AdminCertificateView(certificate, ou: wish.ou)
            view.pem = certificate.pem
            return view
        }
        group.serve(CertificateEndpoints.show) { asked in
            let record = try await issuer.certificate(serial: asked.parameters)
            var view = AdminCertificateView(record)
            // Of a serial that was taken back unseen nothing else is known.
            if !record.der.isEmpty {
                view.pem = PEM.encode(label: "CERTIFICATE", record.der)
                view.fingerprint = Hex.encode(SHA256.hash(record.der))
            }
            return view
        }
    }

    private func issue(_ asked: AdminCertificateRequest, by requester: Requester) async throws -> Certificate {
        guard ["client", "service", "plugin", "admin"].contains(asked.ou) else {
            throw AdminError.badRequest("ou must be client, service, plugin or admin; devices enrol by themselves")
        }
        guard (1...64).contains(asked.commonName.unicodeScalars.count) else {
            throw AdminError.badRequest("a common name has 1 to 64 characters")
        }
        guard let key = try? PublicKey(pem: asked.publicKeyPEM) else {
            throw AdminError.badRequest("publicKeyPEM is no usable public key")
        }
        if let days = asked.validityDays, !(1...825).contains(days) {
            throw AdminError.badRequest("validityDays must be 1 to 825")
        }
        do {
            return try await issuer.issue(
                commonName: asked.commonName, ou: asked.ou, publicKey: key,
                names: try (asked.names ?? []).prefix(64).map(Self.alternativeName),
                validity: asked.validityDays.map { Int64($0) * 86_400 }, isNewName: true, by: requester)
        } catch let error as PKIError where error.step == .encodeAddress {
            throw AdminError.badRequest("OU \(asked.ou) admits no such name, or it can't be encoded")
        }
    }

    /// An address, a URI or else a DNS name, which may be of one label or begin with `*.` here: the operator knows the
    /// server's clients.
    private static func alternativeName(_ text: String) throws -> SubjectAlternativeName {
        if let address = SubjectAlternativeName.address(in: text) { return .address(address) }
        if isURI(text) { return .uri(text) }
        let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        do throws(HostNameProblem) {
            return .dns((text.hasPrefix("*.") ? "*." : "") + (try HostName.read(name)))
        } catch HostNameProblem.single {
            return .dns(text.hasSuffix(".") ? String(text.dropLast()) : text)
        } catch {
            throw AdminError.badRequest("the name \"\(text)\" \(error.message)")
        }
    }
}

extension AdminRoutes {
    /// A scheme and what follows it (RFC 3986 section 3). A host with a port is none, though it has the form of one.
    fileprivate static func isURI(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].first, isLetter(first), !parts[1].isEmpty else { return false }
        guard !(parts[1].count <= 5 && parts[1].allSatisfy(isDigit)) else { return false }
        let isScheme = parts[0].allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
        // Unreserved, reserved and percent-encoded characters (section 2).
        let isRest = parts[1].allSatisfy {
            isLetter($0) || isDigit($0) || "-._~:/?#[]@!$&'()*+,;=%".utf8.contains($0)
        }
        return isScheme && isRest
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
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
