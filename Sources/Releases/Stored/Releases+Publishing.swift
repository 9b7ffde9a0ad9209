package import CoSigning
package import Journal
internal import Store

/// Releases, as publishers upload and operators judge them.
extension Releases {
    /// Releases of one project that are kept.
    static let releaseLimit = 10_000
    /// Bytes that the co-signature for a device may add: names of keys, the device, its challenge and deployment.
    private static let grantRoom = 2048

    /// Takes a release from a server, who signs the message and a token.
    ///
    /// - Returns: the record, and whether it is new.
    /// - Throws: `CoSignRefusal`, ``ReleasesError/full(_:)``.
    package func publish(
        _ request: CoSignRequest, project id: String, by requester: Requester
    ) async throws -> (release: ReleaseRecord, isNew: Bool) {
        let project = try await known(id)
        let judged = try request.judge(for: project.project, now: now())
        try refuseOld(judged, project)
        guard judged.kind == .release else { throw CoSignRefusal.policy }
        guard !judged.lacksProjectSignature else { throw CoSignRefusal.missingProjectSignature }
        let release = try StoredRelease(judged.message, project: project.project)
        try await useUp(judged, request.caller, device: nil, project, withMessage: false, by: requester)
        return try await keep(release, project, by: requester, server: request.caller)
    }

    /// Takes a release from an operator; the project key's signature is enough.
    ///
    /// - Throws: `CoSignRefusal`, ``ReleasesError/full(_:)``.
    package func publish(
        _ message: [UInt8], project id: String, by requester: Requester
    ) async throws -> (release: ReleaseRecord, isNew: Bool) {
        guard message.count <= CoSignLimits.message else { throw CoSignRefusal.tooLarge }
        let project = try await known(id)
        let release = try StoredRelease(message, project: project.project)
        return try await keep(release, project, by: requester, server: nil)
    }

    private func keep(
        _ release: StoredRelease, _ project: ProjectSnapshot, by requester: Requester, server: String?
    ) async throws -> (release: ReleaseRecord, isNew: Bool) {
        guard release.isValid(at: now()) else { throw CoSignRefusal.policy }
        // With the hub's signature for a device it must still be a message.
        guard release.message.encoded().count <= CoSignLimits.message - Self.grantRoom else {
            throw CoSignRefusal.tooLarge
        }
        let id = project.record.id
        let claims = release.release
        let record = ReleaseRecord(
            id: UniqueID.make(), projectID: id, stream: claims.stream, sequence: claims.sequence,
            version: claims.version, messageID: release.claims.id.text, sha256: claims.artifact.sha256,
            size: claims.artifact.size, projectKey: release.projectKey.text, endsAt: release.claims.end,
            state: project.record.approval == .auto ? .approved : .pending,
            uploadedBy: server.map { "server " + $0 } ?? requester.name, createdAt: now())
        return try await store.write { [self] db in
            guard try KeyStore.find(record.projectKey, project: id, in: db)?.key.state == .active else {
                throw CoSignRefusal.projectKeySuspended
            }
            if let server, try KeyStore.find(server, project: id, in: db)?.key.state != .active {
                throw CoSignRefusal.serverRevoked
            }
            let highest = try ReleaseStore.highest(project: id, stream: record.stream, in: db)
            guard record.sequence > highest else {
                // The same release sent again does not conflict.
                guard
                    let same = try ReleaseStore.find(
                        project: id, stream: record.stream, sequence: record.sequence, in: db),
                    let message = try ReleaseStore.message(same.id, in: db),
                    let known = try? SignedMessage(parsing: message), isSame(known.payload, release.message.payload),
                    isSame(same.projectKey, record.projectKey)
                else { throw CoSignRefusal.sequenceNotHigher }
                return (same, false)
            }
            guard try ReleaseStore.count(project: id, in: db) < Self.releaseLimit else {
                throw ReleasesError.full("releases")
            }
            try ReleaseStore.insert(
                record, types: claims.deviceTypes, message: release.message.encoded(), in: db)
            try journal.audit(
                "cosign.release.add", record.id, by: requester,
                detail: [
                    "project": id, "stream": record.stream, "seq": "\(record.sequence)", "state": record.state.rawValue,
                ], in: db)
            try gateWork.run(in: db)
            return (record, true)
        }
    }

    /// Approves a release that waits, or withdraws one for good.
    ///
    /// - Throws: ``ReleasesError/unknownRelease(_:)``, ``ReleasesError/releaseWithdrawn(_:)``.
    package func setState(_ state: ReleaseState, of id: String, by requester: Requester) async throws -> ReleaseRecord {
        try await store.write { [self] db in
            guard var release = try ReleaseStore.find(id, in: db) else { throw ReleasesError.unknownRelease(id) }
            guard release.state != state else { return release }
            guard release.state != .withdrawn else { throw ReleasesError.releaseWithdrawn(id) }
            try ReleaseStore.setState(state, of: id, in: db)
            release.state = state
            try journal.audit(
                "cosign.release.\(state == .withdrawn ? "withdraw" : "approve")", id, by: requester,
                detail: ["project": release.projectID, "stream": release.stream, "seq": "\(release.sequence)"], in: db)
            try gateWork.run(in: db)
            return release
        }
    }

    /// Releases, newest first.
    package func releases(project: String?, stream: String?, limit: Int = 200) async throws -> [ReleaseRecord] {
        try await store.read { db in try ReleaseStore.page(project: project, stream: stream, limit: limit, in: db) }
    }

    /// - Throws: ``ReleasesError/unknownRelease(_:)``.
    package func release(_ id: String) async throws -> ReleaseRecord {
        guard let release = try await store.lookUp({ db in try ReleaseStore.find(id, in: db) }) else {
            throw ReleasesError.unknownRelease(id)
        }
        return release
    }

    /// Kinds of devices that releases are for, by the releases' IDs.
    package func deviceTypes(of releases: [ReleaseRecord]) async throws -> [String: [String]] {
        try await store.read { db in
            var types: [String: [String]] = [:]
            for release in releases { types[release.id] = try ReleaseStore.types(of: release.id, in: db) }
            return types
        }
    }

    /// Whether an audience is a name of a kind, short enough that the message stays one.
    private static func names(_ audience: String, _ kind: String) -> Bool {
        audience.utf8.starts(with: kind.utf8) && (kind.utf8.count + 1...512).contains(audience.utf8.count)
    }

    /// A release co-signed for many devices and a longer time, for a medium that is carried to them.
    ///
    /// - Parameters:
    ///   - audience: `all`, `group:<name>` or `device:<id>`.
    ///   - days: 1 to 31.
    /// - Throws: ``ReleasesError``, `CoSignRefusal`.
    package func bundle(
        _ id: String, audience: String, days: Int64, by requester: Requester
    ) async throws -> SignedMessage {
        guard (1...31).contains(days) else { throw ReleasesError.invalid("a bundle lives 1 to 31 days") }
        let kinds = ["group:", "device:"]
        guard isSame(audience, "all") || kinds.contains(where: { Self.names(audience, $0) }) else {
            throw ReleasesError.invalid("an audience is all, group:NAME or device:ID, of at most 512 bytes")
        }
        let record = try await release(id)
        let project = try await known(record.projectID)
        guard record.state != .pending else {
            throw ReleasesError.invalid("release \(id) waits for approval; approve it first")
        }
        guard record.state == .approved else { throw CoSignRefusal.withdrawn }
        guard let coSigner = project.coSigner, !project.record.isSuspended else { throw CoSignRefusal.suspended }
        let stored = try await message(of: record, project)
        guard stored.isValid(at: now()) else { throw CoSignRefusal.policy }
        let lifetime = min(days * 86_400, CoSignLimits.authorization)
        let signed = try stored.signed(
            by: coSigner, grant: .init(audience: audience), now: now(), lifetime: lifetime)
        try await journal.audit(
            "cosign.bundle", id, by: requester, detail: ["audience": audience, "days": "\(days)"])
        return signed
    }
}
