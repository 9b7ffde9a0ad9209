package import Journal
internal import PKI
internal import Store

/// The life of the authorities themselves.
extension Issuer {
    /// Makes the next authority the one that signs. Devices move to it at their next renewal.
    ///
    /// - Throws: ``IssuingError/authorityIsGiven``.
    package func rotate(_ catalogue: AuthorityCatalogue, by requester: Requester) async throws {
        try await changeAuthorities { authorities in
            guard authorities.all.count < Self.authorityLimit else { throw IssuingError.tooManyAuthorities }
            return try await catalogue.rotate(authorities, journal: journal, by: requester)
        }
    }

    /// Retires a previous authority: certificates under it are no longer valid.
    ///
    /// - Parameter force: also when certificates under it have not ended.
    /// - Throws: ``IssuingError/unknownAuthority(_:)``, ``IssuingError/authorityInUse(until:)``.
    package func retire(
        _ generation: Int64, catalogue: AuthorityCatalogue, force: Bool, by requester: Requester
    ) async throws {
        guard authorities.previous.contains(where: { $0.generation == generation }) else {
            throw IssuingError.unknownAuthority(generation)
        }
        if !force, let end = try await lastEnd(generation), end > journal.slowestTime {
            throw IssuingError.authorityInUse(until: end)
        }
        try await changeAuthorities { authorities in
            try await catalogue.retire(generation, of: authorities, journal: journal, by: requester)
        }
        try await revoke(authority: generation, by: requester)
    }

    /// Authorities that are trusted at the same time: devices take no more of them.
    static let authorityLimit = 4

    /// Retires every authority of the past whose last certificate has ended; answers their numbers.
    package func retireEnded(_ catalogue: AuthorityCatalogue) async throws -> [Int64] {
        var retired: [Int64] = []
        for authority in authorities.previous {
            // By the slowest time: its key is destroyed, and a clock that is ahead may be set back.
            if let end = try await lastEnd(authority.generation), end > journal.slowestTime { continue }
            try await changeAuthorities { authorities in
                try await catalogue.retire(authority.generation, of: authorities, journal: journal, by: .hub)
            }
            retired.append(authority.generation)
        }
        return retired
    }

    /// When the last certificate of an authority that was not revoked ends, Unix seconds.
    package func lastEnd(_ generation: Int64) async throws -> Int64? {
        try await journal.store.read { db in try CertificateStore.lastEnd(authority: generation, in: db) }
    }
}
