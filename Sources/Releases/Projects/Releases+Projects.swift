internal import CoSigning
internal import Encoding
package import Journal
internal import PKI
internal import Store

/// Projects, as operators make and change them.
extension Releases {
    /// Projects that a hub may have, and keys of each.
    static let projectLimit = 64
    static let keyLimit = 256

    /// Makes a project with its co-signer's key.
    ///
    /// - Throws: ``ReleasesError``.
    package func createProject(_ new: NewProject, by requester: Requester) async throws -> ProjectSnapshot {
        guard (1...100).contains(new.id.utf8.count),
            new.id.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F })
        else { throw ReleasesError.invalid("a project's ID has 1 to 100 visible ASCII characters, no /") }
        try Self.check(lifetime: new.lifetime)
        try Self.check(types: new.deviceTypes)
        let (trust, sealed, uri) = try firstTrust(of: new)
        let record = ProjectRecord(
            id: new.id, lifetime: new.lifetime, approval: new.approval,
            requiresProjectSignature: new.requiresProjectSignature, requiresRelease: new.requiresRelease,
            isSuspended: false, trustVersion: trust.version, recoveryThreshold: trust.recoveryThreshold,
            coSignerKID: trust.coSignerKeys[0].kid.text, coSignerURI: uri, createdAt: now(),
            deviceTypes: new.deviceTypes)
        let roles: [(KeyRecord.Role, [VerificationKey])] = [
            (.project, trust.projectKeys), (.recovery, trust.recoveryKeys), (.cosigner, trust.coSignerKeys),
        ]
        try await store.write { [self] db in
            guard try ProjectStore.find(new.id, in: db) == nil else { throw ReleasesError.projectExists(new.id) }
            guard try ProjectStore.ids(in: db).count < Self.projectLimit else { throw ReleasesError.full("projects") }
            try refuseTaken(new.deviceTypes, by: new.id, in: db)
            try ProjectStore.insert(record, sealed: sealed, in: db)
            try KeySetStore.insertTrust(trust.json.encoded(), version: trust.version, project: new.id, in: db)
            for (role, keys) in roles {
                for key in keys { try insert(key, role, project: new.id, by: requester, in: db) }
            }
            try journal.audit("cosign.project.create", new.id, by: requester, in: db)
            try gateWork.run(in: db)
        }
        return try await project(new.id)
    }

    /// What devices of a new project trust, with the co-signer's key in its form at rest or its URI. A hub that takes
    /// over devices of a lost one knows what they trust, and has no key for it: its next one comes by a key set.
    private func firstTrust(of new: NewProject) throws -> (TrustedKeys, sealed: [UInt8]?, uri: String?) {
        do {
            if let trust = new.trust {
                guard isSame(trust.project, new.id) else {
                    throw ReleasesError.invalid("the trust store is of project \(trust.project)")
                }
                return (trust, nil, nil)
            }
            guard let kid = new.coSignerKID ?? KeyID(coSignerOf: new.id) else {
                throw ReleasesError.invalid("the co-signer's kid has 1 to 128 bytes")
            }
            let (key, uri) = try coSignerKey(new.coSignerKey, project: new.id)
            guard let coSigner = VerificationKey(kid: kid, key: key.publicKey) else {
                throw ReleasesError.invalid("the co-signer's key must be of P-256")
            }
            let trust = try TrustedKeys(
                project: new.id, version: 1, projectKeys: new.projectKeys, coSignerKeys: [coSigner],
                recoveryKeys: new.recoveryKeys, recoveryThreshold: new.recoveryThreshold)
            let sealed = uri == nil ? sealing.seal(Array(try key.pem().utf8), context: Array(new.id.utf8)) : nil
            return (trust, sealed, uri)
        } catch let error as CoSignError {
            throw ReleasesError.invalid(error.detail)
        }
    }

    /// The key a co-signer gets, and its PKCS#11 URI where it is in a token.
    func coSignerKey(_ given: CoSignerKey?, project id: String) throws -> (PrivateKey, String?) {
        switch given {
        case nil: return (try PrivateKey.makeP256(), nil)
        case .pem(let pem):
            guard let key = try? PrivateKey(pem: pem, passphrase: nil) else {
                throw ReleasesError.invalid("the co-signer's key must be an unencrypted private key in PEM")
            }
            return (key, nil)
        case .token(let uri):
            guard let key = try? tokenKey(uri) else { throw ReleasesError.coSignerUnavailable(id) }
            return (key, uri)
        }
    }

    /// - Throws: ``ReleasesError/unknownProject(_:)``.
    package func project(_ id: String) async throws -> ProjectSnapshot {
        guard let project = try await snapshot(id) else { throw ReleasesError.unknownProject(id) }
        return project
    }

    package func projects() async throws -> [ProjectSnapshot] {
        var projects: [ProjectSnapshot] = []
        for id in try await store.lookUp({ db in try ProjectStore.ids(in: db) }) {
            if let project = try await snapshot(id) { projects.append(project) }
        }
        return projects
    }

    /// Changes the rules of a project.
    package func changeProject(
        _ id: String, _ change: ProjectChange, by requester: Requester
    ) async throws -> ProjectSnapshot {
        if let lifetime = change.lifetime { try Self.check(lifetime: lifetime) }
        if let types = change.deviceTypes { try Self.check(types: types) }
        try await store.write { [self] db in
            guard var record = try ProjectStore.find(id, in: db) else { throw ReleasesError.unknownProject(id) }
            record.lifetime = change.lifetime ?? record.lifetime
            record.approval = change.approval ?? record.approval
            record.requiresProjectSignature = change.requiresProjectSignature ?? record.requiresProjectSignature
            record.requiresRelease = change.requiresRelease ?? record.requiresRelease
            try ProjectStore.update(record, in: db)
            if let types = change.deviceTypes {
                try refuseTaken(types, by: id, in: db)
                try ProjectStore.setDeviceTypes(types, of: id, in: db)
            }
            try journal.audit("cosign.project.change", id, by: requester, in: db)
            try gateWork.run(in: db)
        }
        return try await project(id)
    }

    /// Stops co-signing for a project, or goes on with it.
    package func setSuspended(_ id: String, _ isSuspended: Bool, by requester: Requester) async throws
        -> ProjectSnapshot
    {
        try await store.write { [self] db in
            guard var record = try ProjectStore.find(id, in: db) else { throw ReleasesError.unknownProject(id) }
            guard record.isSuspended != isSuspended else { return }
            record.isSuspended = isSuspended
            try ProjectStore.update(record, in: db)
            try journal.audit(isSuspended ? "cosign.suspend" : "cosign.resume", id, by: requester, in: db)
        }
        return try await project(id)
    }

    private func refuseTaken(_ types: [String], by id: String, in db: Database) throws {
        for type in types {
            if let owner = try ProjectStore.project(ofType: type, in: db), !isSame(owner, id) {
                throw ReleasesError.deviceTypeTaken(type, project: owner)
            }
        }
    }

    private static func check(lifetime: Int64) throws(ReleasesError) {
        guard (1...86_400).contains(lifetime) else {
            throw .invalid("a co-signature lives 1 second to 1 day; longer ones are for bundles")
        }
    }

    private static func check(types: [String]) throws(ReleasesError) {
        guard types.count <= 64, types.allSatisfy({ (1...128).contains($0.utf8.count) && !$0.utf8.contains(0) }) else {
            throw .invalid("a project has at most 64 device types of 1 to 128 bytes")
        }
    }
}
