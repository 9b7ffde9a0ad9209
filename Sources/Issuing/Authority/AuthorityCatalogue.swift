internal import Files
package import Journal
package import PKI
package import Store

/// Finds the site's authorities at the start, and makes the next one.
///
/// The first is in the operator's files or in `ca.crt` and `ca.key`; one made by a rotation in `ca-N.crt` and
/// `ca-N.key`. Which of them are trusted is in the store, written after the files are safe: a power cut in between
/// leaves a key that nobody uses.
package struct AuthorityCatalogue: Sendable {
    private let files: AuthorityFiles
    private let folder: String
    private let name: String
    private let organization: String
    private let profiles: [CertificateProfile]
    private let publication: Publication?

    /// Describes where authorities are kept and what they sign.
    ///
    /// - Parameters:
    ///   - files: the first authority, or the one the operator gave.
    ///   - folder: where authorities made by a rotation are kept.
    ///   - name: common name of an authority that has to be made.
    ///   - organization: `O` of what they sign.
    package init(
        files: AuthorityFiles, folder: String, name: String, organization: String, profiles: [CertificateProfile],
        publication: Publication?
    ) {
        self.files = files
        self.folder = folder
        self.name = name
        self.organization = organization
        self.profiles = profiles
        self.publication = publication
    }

    /// Opens every authority that is trusted, makes the first one where there is none, and takes over one that the
    /// operator exchanged.
    ///
    /// - Throws: ``IssuingError`` with the file that has to be mended.
    package func open(_ store: Store, now: Int64) async throws -> Authorities {
        var records = try await store.read { db in try AuthorityStore.all(in: db) }
        let newest = records.first { $0.retiredAt == nil }
        let own =
            try newest.map { files.areGiven || $0.generation == 1 } ?? true
            ? files.open(name: name, organization: organization, now: now) : nil
        if let own, !records.contains(where: { $0.certificate == own.certificates[0] && $0.retiredAt == nil }) {
            let generation = (records.first?.generation ?? 0) + 1
            try await store.write { db in
                try AuthorityStore.insert(
                    generation: generation, certificate: own.certificates[0], byPrevious: nil, ofPrevious: nil, at: now,
                    in: db)
            }
            records = try await store.read { db in try AuthorityStore.all(in: db) }
        }
        return try assemble(records.filter { $0.retiredAt == nil }, own: own, now: now)
    }

    /// Whether the operator gave the authority: then only the operator can make the next one.
    package var isGiven: Bool { files.areGiven }

    /// Makes the next authority, with cross certificates in both directions, and makes it the one that signs.
    ///
    /// - Throws: ``IssuingError/authorityIsGiven``.
    package func rotate(
        _ authorities: Authorities, journal: Journal, by requester: Requester
    ) async throws -> Authorities {
        guard !isGiven else { throw IssuingError.authorityIsGiven }
        let now = journal.now()
        let old = authorities.current
        let generation = old.generation + 1
        let key = try PrivateKey.makeP256()
        // The same subject: certificates that cross are then self-issued, which a path length of 0 allows (RFC 5280
        // section 4.2.1.9).
        let root = try CertificateSigner.makeAuthority(
            commonName: old.certificate.subject.commonName,
            organization: old.certificate.subject.organization ?? organization,
            key: key, serial: .random(), notBefore: AuthorityFiles.validity(now: now).begin,
            notAfter: AuthorityFiles.validity(now: now).end)
        let next = try authority(generation, root, chain: [], key: key)
        // An authority that has ended leads nowhere: those who trust only it have to be told of the next by other
        // means.
        let byPrevious = old.hasEnded(at: now) ? nil : try old.cross(root, now: now)
        let ofPrevious = old.hasEnded(at: now) ? nil : try next.cross(old.certificate, now: now)
        try SecureFile.write(try key.pem(), to: keyFile(generation), mode: 0o600)
        try SecureFile.write(root.pem, to: certificateFile(generation), mode: 0o644)
        try await journal.store.write { db in
            try AuthorityStore.insert(
                generation: generation, certificate: root, byPrevious: byPrevious, ofPrevious: ofPrevious, at: now,
                in: db)
            try journal.audit(
                "ca.rotate", "authority \(generation)", by: requester, detail: ["fingerprint": root.fingerprint],
                in: db)
        }
        return Authorities(
            current: next, previous: authorities.all,
            crossedByPrevious: [byPrevious].compactMap(\.self) + authorities.crossedByPrevious,
            crossedOfPrevious: [ofPrevious].compactMap(\.self) + authorities.crossedOfPrevious)
    }

    /// Retires a previous authority: it is no longer trusted and its key is deleted.
    package func retire(
        _ generation: Int64, of authorities: Authorities, journal: Journal, by requester: Requester
    ) async throws -> Authorities {
        try await journal.store.write { [now = journal.now()] db in
            try AuthorityStore.retire(generation, at: now, in: db)
            try journal.audit("ca.retire", "authority \(generation)", by: requester, in: db)
        }
        if !isGiven { SecureFile.remove(keyFile(generation)) }
        let records = try await journal.store.read { db in try AuthorityStore.all(in: db) }
        return Self.joined(
            records.filter { $0.retiredAt == nil }, authorities.all.filter { $0.generation != generation })
    }

    private func assemble(
        _ records: [AuthorityRecord], own: (certificates: [Certificate], key: PrivateKey)?, now: Int64
    ) throws -> Authorities {
        var all: [Authority] = []
        for record in records {
            if let own, record.certificate == own.certificates[0] {
                let chain = Array(own.certificates.dropFirst())
                all.append(try authority(record.generation, record.certificate, chain: chain, key: own.key))
            } else {
                all.append(try earlier(record, now: now))
            }
        }
        // The operator's word on which authority signs overrides the order in which they came.
        if let own {
            all.sort {
                $0.certificate == own.certificates[0] && files.areGiven && $1.certificate != own.certificates[0]
            }
        }
        guard let first = all.first, first.hasKey else {
            if let ended = all.first, ended.hasEnded(at: now) {
                throw IssuingError.authorityExpired(
                    file: certificateFile(ended.generation), at: ended.certificate.notAfter)
            }
            throw IssuingError.halfAuthority(missing: keyFile(all.first?.generation ?? 1))
        }
        return Self.joined(records, all)
    }

    /// An authority of a rotation, or one of the past whose key may be gone. A key that is there must be private and
    /// fit.
    private func earlier(_ record: AuthorityRecord, now: Int64) throws -> Authority {
        let (generation, certificate) = (record.generation, record.certificate)
        guard SecureFile.exists(keyFile(generation)), certificate.notAfter > now else {
            return try authority(generation, certificate, chain: [], key: nil)
        }
        let files = AuthorityFiles(
            certificate: certificateFile(generation), key: keyFile(generation), areGiven: true)
        let (certificates, key) = try files.open(name: name, organization: organization, now: now)
        guard certificates[0] == certificate else {
            return try authority(generation, certificate, chain: [], key: nil)
        }
        return try authority(generation, certificate, chain: [], key: key)
    }

    private static func joined(_ records: [AuthorityRecord], _ all: [Authority]) -> Authorities {
        let counting = Set(records.map(\.generation))
        // A cross certificate joins a generation with the one before it: both must count.
        let crossing = records.filter { counting.contains($0.generation - 1) }.map(\.crossCertificates)
        return Authorities(
            current: all[0], previous: Array(all.dropFirst()), crossedByPrevious: crossing.compactMap(\.first),
            crossedOfPrevious: crossing.compactMap { $0.count > 1 ? $0[1] : nil })
    }

    private func authority(
        _ generation: Int64, _ certificate: Certificate, chain: [Certificate], key: PrivateKey?
    ) throws -> Authority {
        try Authority(
            generation: generation, certificate: certificate, chain: chain, key: key, organization: organization,
            profiles: profiles, publication: publication)
    }

    private func keyFile(_ generation: Int64) -> String { folder + "/\(Publication.name(generation)).key" }
    private func certificateFile(_ generation: Int64) -> String { folder + "/\(Publication.name(generation)).crt" }
}
