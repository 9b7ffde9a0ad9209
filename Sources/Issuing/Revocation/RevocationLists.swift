internal import Journal
internal import PKI
internal import Store

/// A CRL as it is served.
package struct RevocationListFile: Sendable {
    package let der: [UInt8]
    /// Its number, which grows with every list.
    package let number: Int64
    /// When it was signed, Unix seconds; the list itself says that it begins ``RevocationLists/backdateSeconds``
    /// earlier.
    package let signedAt: Int64
    /// Until when clients may keep it, Unix seconds.
    package let nextUpdate: Int64
    let version: Int
    let madeAt: ContinuousClock.Instant
}

/// Makes a CRL for each authority when something changed or a day has gone, and keeps it until then.
///
/// An authority that has ended signs no more lists: its last one is served for as long as the hub runs, and nobody who
/// checks times believes that authority or its certificates any more.
package actor RevocationLists {
    private let issuer: Issuer
    private var lists: [Int64: RevocationListFile] = [:]
    /// A number that is durable but in no list yet, because signing failed or somebody else was faster.
    private var spareNumber: Int64?
    private var lastNumber: Int64 = 0

    /// So many seconds earlier lists and OCSP answers begin than they are signed, as certificates do: for clients whose
    /// clock is a little slow. OpenSSL, and so most brokers, has no tolerance for lists, and refuses every certificate
    /// with one that is not valid yet.
    package static let backdateSeconds: Int64 = 60
    /// A new list is made after this time, in seconds.
    private static let renewalSeconds: Int64 = 86_400
    /// A list is good for this time, in seconds.
    private static let validitySeconds: Int64 = 7 * 86_400
    /// While many certificates are revoked one after the other, a list is made at most this often.
    private static let pause: Duration = .milliseconds(500)

    /// Lists of an issuer's authorities.
    package init(issuer: Issuer) {
        self.issuer = issuer
    }

    /// The list that is true now.
    ///
    /// - Returns: `nil` for an authority that is unknown, whose key is gone, or that ended before it made one.
    package func list(_ generation: Int64) async throws -> RevocationListFile? {
        guard let authority = issuer.authorities.authority(generation), authority.hasKey else { return nil }
        if authority.hasEnded(at: issuer.journal.now()) { return lists[generation] }
        if let kept = kept(generation) { return kept }
        let begun = ContinuousClock.now
        let revoked = try await revoked(by: authority)
        let number = try await reserveNumber()
        // Others may have made one while this call waited; numbers may have gaps. What has the higher number must not
        // know of fewer revocations.
        if let kept = kept(generation) { return kept }
        if let other = lists[generation], (other.version, other.madeAt) >= (revoked.version, begun) { return other }
        return try make(authority, of: revoked, number: number)
    }

    private func kept(_ generation: Int64) -> RevocationListFile? {
        // One that was signed later than now was signed by a clock that was ahead: nobody believes it.
        guard let list = lists[generation],
            (0..<Self.renewalSeconds).contains(issuer.journal.now() - list.signedAt)
        else { return nil }
        let isCurrent = list.version == issuer.revocations.version
        return isCurrent || ContinuousClock.now - list.madeAt < Self.pause ? list : nil
    }

    /// A key that can't sign must not cost a durable write for each stranger who asks for the list.
    private func reserveNumber() async throws -> Int64 {
        if let spareNumber, spareNumber > lastNumber { return spareNumber }
        let number = try await nextNumber()
        spareNumber = number
        return number
    }

    private func nextNumber() async throws -> Int64 {
        try await issuer.journal.store.write { [now = issuer.journal.now()] db in
            let last = try Settings.value("crlNumber", in: db) ?? []
            // Never below the clock: after the restoration of an older copy numbers must not come again.
            let next = max(last.reduce(Int64(0)) { $0 << 8 | Int64($1) } + 1, now)
            try Settings.set("crlNumber", to: (0..<8).map { UInt8(truncatingIfNeeded: next >> (56 - 8 * $0)) }, in: db)
            return next
        }
    }

    /// What a list says, as of a version of the index.
    private struct Revoked {
        let version: Int
        let entries: [RevokedEntry]
    }

    private func revoked(by authority: Authority) async throws -> Revoked {
        let now = issuer.journal.now()
        // Before the rows are read: the list is then at least as new as it says.
        let version = issuer.revocations.version
        // A certificate that ended stays for one list more (RFC 5280 section 3.3).
        let since = lists[authority.generation].map(\.signedAt) ?? now - Self.renewalSeconds
        let entries = try await issuer.journal.store.lookUp { db in
            try CertificateStore.revoked(since: min(since, now), authority: authority.generation, in: db)
        }
        return Revoked(version: version, entries: entries)
    }

    private func make(_ authority: Authority, of revoked: Revoked, number: Int64) throws -> RevocationListFile {
        let now = issuer.journal.now()
        let begin = now - Self.backdateSeconds
        let list = RevocationListFile(
            der: try authority.signRevocationList(
                // A clock that was ahead may have noted when it was revoked, and some clients wait until then.
                revoked.entries.map { RevokedEntry(serial: $0.serial, at: min($0.at, begin), reason: $0.reason) },
                number: number, thisUpdate: begin, nextUpdate: now + Self.validitySeconds), number: number,
            signedAt: now, nextUpdate: now + Self.validitySeconds, version: revoked.version, madeAt: .now)
        lists[authority.generation] = list
        lastNumber = max(lastNumber, number)
        return list
    }
}
