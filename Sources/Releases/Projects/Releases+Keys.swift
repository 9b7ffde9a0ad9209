package import CoSigning
package import Journal
internal import Store

/// Keys of projects.
extension Releases {
    /// Adds a server's or an administrator's key.
    ///
    /// - Throws: ``ReleasesError``.
    package func addKey(
        _ key: VerificationKey, role: KeyRecord.Role, project id: String, by requester: Requester
    ) async throws {
        // Of the others devices must know, too, in the same order as the hub.
        guard [.server, .admin].contains(role) else {
            throw ReleasesError.invalid("project, recovery and co-signer keys are changed by key sets")
        }
        try await store.write { [self] db in
            guard try ProjectStore.find(id, in: db) != nil else { throw ReleasesError.unknownProject(id) }
            try insert(key, role, project: id, by: requester, in: db)
        }
    }

    /// Suspends, activates or revokes a key; the next request is judged by it.
    ///
    /// - Throws: ``ReleasesError/unknownKey(_:)``; ``ReleasesError/keyRevoked(_:)`` when a revoked one should count
    ///   again.
    @discardableResult
    package func setState(
        _ state: KeyState, ofKey kid: String, role: KeyRecord.Role? = nil, project id: String,
        by requester: Requester
    ) async throws -> Bool {
        try await store.write { [self] db in
            guard let known = try KeyStore.find(kid, project: id, in: db), role == nil || known.role == role else {
                throw ReleasesError.unknownKey(kid)
            }
            guard known.key.state != state else { return false }
            guard known.key.state != .revoked else { throw ReleasesError.keyRevoked(kid) }
            try KeyStore.setState(state, of: kid, project: id, at: now(), by: requester.name, in: db)
            try journal.audit(
                "cosign.key.\(state.rawValue)", kid, by: requester,
                detail: ["project": id, "role": known.role.rawValue], in: db)
            if known.role == .project { try gateWork.run(in: db) }
            return true
        }
    }

    func insert(
        _ key: VerificationKey, _ role: KeyRecord.Role, project id: String, by requester: Requester, in db: Database
    ) throws {
        guard try KeyStore.find(key.kid.text, project: id, in: db) == nil else {
            throw ReleasesError.keyExists(key.kid.text)
        }
        let known = try KeyStore.keys(of: id, in: db)
        guard known.count < Self.keyLimit else { throw ReleasesError.full("keys") }
        // One key under two names could play both factors.
        guard !known.contains(where: { $0.key.key == key.key }) else {
            throw ReleasesError.invalid("the project has this key under another name")
        }
        try KeyStore.insert(
            KeyRecord(
                projectID: id, role: role, key: RegisteredKey(kid: key.kid, key: key.key, state: .active),
                changedAt: now(), changedBy: requester.name), in: db)
        try journal.audit(
            "cosign.key.add", key.kid.text, by: requester, detail: ["project": id, "role": role.rawValue], in: db)
    }
}
