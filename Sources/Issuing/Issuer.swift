internal import Foundation
package import GRDB
package import PKI
package import Registry
internal import Store

/// Issues certificates and remembers them: authority and store as one.
package final class Issuer: Sendable {
    /// The authority whose key signs.
    package let authority: Authority
    /// Devices, secrets and the audit trail.
    package let registry: Registry

    /// Joins an authority with the registry whose store has ``addMigrations(to:)``.
    package init(authority: Authority, registry: Registry) {
        self.authority = authority
        self.registry = registry
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout DatabaseMigrator) {
        CertificateStore.addMigrations(to: &migrator)
        ExpiryStore.addMigrations(to: &migrator)
    }

    /// Issues a certificate that belongs to no device: for a person, a broker, the hub itself.
    ///
    /// - Parameter validity: life in seconds, `nil` for the profile's.
    package func issue(
        commonName: String, ou: String, publicKey: PublicKey, names: [SubjectAlternativeName] = [],
        validity: Int64? = nil, by requester: Requester
    ) async throws -> Certificate {
        let profile = try authority.profile(ou)
        let certificate = try authority.sign(
            commonName: commonName, publicKey: publicKey, profile: profile, names: names, validity: validity,
            now: registry.now())
        try await registry.store.write { [self] db in
            try record(certificate, ou: ou, by: requester, in: db)
        }
        return certificate
    }

    /// Stores a certificate and its audit event in the transaction of what it is for.
    func record(_ certificate: Certificate, ou: String, by requester: Requester, in db: Database) throws {
        try CertificateStore.insert(certificate, ou: ou, at: registry.now(), in: db)
        try registry.audit(
            "certificate.issue", certificate.subject.commonName, by: requester,
            detail: ["serial": certificate.serial.description, "ou": ou], in: db)
    }

    /// The certificate of that serial (hexadecimal, any case, colons ignored).
    package func certificate(serial: String) async throws -> CertificateRecord {
        let wanted = serial.lowercased().filter { $0 != ":" }
        guard let record = try await registry.store.read({ db in try CertificateStore.find(serial: wanted, in: db) })
        else { throw IssuingError.unknownCertificate(serial) }
        return record
    }

    /// Whether a certificate counts: issued here and not taken back. One the store does not know (it was restored from an
    /// older copy, say) counts as well, since its signature was verified.
    package func isValid(_ certificate: Certificate) throws -> Bool {
        let serial = certificate.serial.description
        let record = try registry.store.lookUp { db in try CertificateStore.find(serial: serial, in: db) }
        return record?.revokedAt == nil
    }

    /// Issued certificates, newest first, with the number to go on below.
    package func certificates(
        commonName: String?, before: Int64?, limit: Int
    ) async throws -> [(id: Int64, record: CertificateRecord)] {
        try await registry.store.read { db in
            try CertificateStore.page(commonName: commonName, before: before ?? Int64.max, limit: limit, in: db)
        }
    }

    /// The newest certificate of a device that counts.
    package func newestCertificate(of deviceID: String, ou: String = "iotdevice") async throws -> CertificateRecord? {
        try await registry.store.read { db in try CertificateStore.newest(commonName: deviceID, ou: ou, in: db) }
    }

    /// How many certificates were issued.
    package func certificateCount() async throws -> Int {
        try await registry.store.read { db in try CertificateStore.count(in: db) }
    }
}
