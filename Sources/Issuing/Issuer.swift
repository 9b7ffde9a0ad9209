package import Devices
internal import Foundation
package import Journal
package import PKI
package import Reach
package import Secrets
package import Store
internal import Synchronization

/// Issues certificates, records and revokes them: authorities and store as one.
package final class Issuer: Sendable {
    let journal: Journal
    let secrets: Secrets
    let devices: Devices
    let identities: Identities
    let reach: Reach
    /// How late a device may renew.
    package let grace: GracePolicy
    let revocations = RevocationIndex()
    let seen = SeenCertificates()
    let verified = VerifiedCertificates()
    /// Certificates for a name that holds one already; a device that behaves needs one in half a life.
    let renewals = RateBudget(burst: Issuer.renewalBurst)
    private let state: Mutex<Authorities>
    private let isChangingAuthorities = Mutex(false)

    /// Longest time after its end for which a certificate may still be good for a renewal, in seconds: 400 days.
    package static let graceLimit: Int64 = 400 * 86_400

    /// Certificates that a name which holds one may have at once; after them it has one for each eighth of a
    /// certificate's life.
    package static let renewalBurst = 20

    /// Joins authorities with rooms over a store that has ``addMigrations(to:)``.
    package init(
        authorities: Authorities, journal: Journal, secrets: Secrets, devices: Devices,
        identities: Identities, reach: Reach,
        grace: GracePolicy = GracePolicy()
    ) {
        state = Mutex(authorities)
        (self.journal, self.secrets, self.reach) = (journal, secrets, reach)
        (self.devices, self.identities) = (devices, identities)
        self.grace = grace
        devices.otherNames.ask { [now = journal.now] name, db in
            try CertificateStore.otherRoles(bearing: name, now: now(), in: db)
        }
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout MigrationList) {
        CertificateStore.addMigrations(to: &migrator)
        AuthorityStore.addMigrations(to: &migrator)
        ExpiryStore.addMigrations(to: &migrator)
    }

    /// The authorities whose certificates count.
    package var authorities: Authorities { state.withLock { $0 } }

    /// The authority that signs.
    package var authority: Authority { authorities.current }

    /// Changes the authorities, one change at a time: two rotations at once would overwrite each other's key.
    ///
    /// - Throws: ``IssuingError/authorityIsChanging`` while another change is under way.
    func changeAuthorities(_ change: (Authorities) async throws -> Authorities) async throws {
        let isFree = isChangingAuthorities.withLock { isChanging in
            defer { isChanging = true }
            return !isChanging
        }
        guard isFree else { throw IssuingError.authorityIsChanging }
        defer { isChangingAuthorities.withLock { $0 = false } }
        let next = try await change(authorities)
        state.withLock { $0 = next }
    }

    /// Issues a certificate that belongs to no device: for a person, a broker, the hub itself.
    ///
    /// - Parameters:
    ///   - validity: life in seconds, `nil` for the profile's.
    ///   - authority: who signs, `nil` for the current one.
    ///   - isNewName: whether the name is given now, and so must be no device's; the hub's own and renewed certificates
    ///     keep theirs.
    /// - Throws: ``IssuingError/nameNotAllowed``, ``IssuingError/keyNotAllowed``, ``IssuingError/unknownProfile(_:)``,
    ///   ``IssuingError/authorityEnded(at:)``, `DevicesError.nameOfDevice`.
    package func issue(
        commonName: String, ou: String, publicKey: PublicKey, names: [SubjectAlternativeName] = [],
        validity: Int64? = nil, authority: Authority? = nil, isNewName: Bool = false, by requester: Requester
    ) async throws -> Certificate {
        try Self.allow(names)
        let authority = authority ?? self.authority
        let profile = try authority.profile(ou)
        let certificate = try authority.sign(
            commonName: commonName, publicKey: publicKey, profile: profile, names: names, validity: validity,
            now: journal.now())
        try await journal.store.write { [self] db in
            if isNewName { try devices.admitOther(commonName, in: db) }
            try record(certificate, ou: ou, authority: authority.generation, by: requester, in: db)
        }
        noteIssued(certificate, of: profile, by: authority)
        return certificate
    }

    /// Refuses names that let into devices or make somebody the hub: those are put in by
    /// ``issueForTunnel(commonName:token:publicKey:by:)`` and ``issueForHub(commonName:publicKey:names:by:)`` alone.
    static func allow(_ names: [SubjectAlternativeName]) throws(IssuingError) {
        for case .uri(let uri) in names where ReservedName.contains(uri) { throw .nameNotAllowed }
    }

    /// Stores a certificate and its audit event in the transaction of what it is for.
    func record(
        _ certificate: Certificate, ou: String, authority: Int64, tunnelToken: String? = nil, by requester: Requester,
        in db: Database
    ) throws {
        try CertificateStore.insert(
            certificate, ou: ou, authority: authority, tunnelToken: tunnelToken, at: journal.now(), in: db)
        try journal.audit(
            "certificate.issue", certificate.subject.commonName, by: requester,
            detail: ["serial": certificate.serial.description, "ou": ou], in: db)
    }

    /// The certificate of that serial (hexadecimal, as `Serial` reads it).
    package func certificate(serial: String) async throws -> CertificateRecord {
        let wanted = Self.normalized(serial)
        guard
            let record = try await journal.store.read({ db in try CertificateStore.find(serial: wanted, in: db)
            })
        else { throw IssuingError.unknownCertificate(serial) }
        return record
    }

    static func normalized(_ serial: String) -> String {
        Serial(hex: serial)?.description ?? serial
    }

    /// Whether a certificate whose signature was verified is valid: it was not revoked and has not ended. One the
    /// store does not know (it was restored from an older copy, say) is valid as well.
    ///
    /// - Parameter moment: Unix seconds; `nil` is now.
    package func isValid(_ certificate: Certificate, at moment: Int64? = nil) -> Bool {
        !isRevoked(certificate) && (moment ?? journal.now()) <= certificate.notAfter
    }

    /// Whether a certificate was revoked.
    package func isRevoked(_ certificate: Certificate) -> Bool {
        revocations.contains(certificate.serial)
    }

    /// Until when a certificate that has ended may still be good for a renewal, Unix seconds.
    package func graceEnd(of certificate: Certificate) -> Int64 {
        certificate.notAfter + grace.longestSeconds
    }

    /// Issued certificates, newest first, with the number to go on below.
    package func certificates(
        commonName: String?, before: Int64?, limit: Int
    ) async throws -> [(id: Int64, record: CertificateRecord)] {
        try await journal.store.read { db in
            try CertificateStore.page(commonName: commonName, before: before ?? Int64.max, limit: limit, in: db)
        }
    }

    /// The newest valid certificate of a device.
    package func newestCertificate(of deviceID: String, ou: String = "iotdevice") async throws -> CertificateRecord? {
        try await journal.store.read { db in try CertificateStore.newest(commonName: deviceID, ou: ou, in: db)
        }
    }

    /// How many certificates are kept.
    package func certificateCount() async throws -> Int {
        try await journal.store.read { db in try CertificateStore.count(in: db) }
    }
}
