package import CoSigning
internal import Encoding
package import Journal
internal import Store

/// Key sets, by which devices learn other keys (docs/protocols/cosign.md 7).
extension Releases {
    /// Co-signs a draft of a key set, so that it needs the project key's signature only.
    ///
    /// - Throws: `CoSignRefusal`; ``ReleasesError/invalid(_:)`` for a message of another kind.
    package func coSignKeySet(
        _ message: [UInt8], project id: String, by requester: Requester
    ) async throws -> SignedMessage {
        let project = try await project(id)
        guard let coSigner = project.coSigner, !project.record.isSuspended else { throw CoSignRefusal.suspended }
        let read = try Self.read(message)
        guard let claims = try? Claims.decode(read.payload), MessageKind(of: claims) == .keyset,
            let named = claims["project"]?.string, isSame(named, id)
        else { throw ReleasesError.invalid("the message is no key set of project \(id)") }
        guard !(try project.project.projectSignatures(on: read)).isEmpty else {
            throw CoSignRefusal.missingProjectSignature
        }
        guard read.entry(coSigner.key.kid) == nil else {
            throw ReleasesError.invalid("the co-signer has signed the key set already")
        }
        var signed = read
        do {
            try signed.sign(with: coSigner.key)
        } catch {
            throw CoSignRefusal.suspended
        }
        try await journal.audit("cosign.keyset.sign", id, by: requester)
        return signed
    }

    /// Publishes the next key set; devices fetch it before they ask for a release, and the hub's own keys follow.
    ///
    /// - Throws: ``ReleasesError/invalid(_:)`` with the name of the error a device would give.
    package func publishKeySet(
        _ message: [UInt8], project id: String, by requester: Requester
    ) async throws -> ProjectSnapshot {
        let project = try await project(id)
        let read = try Self.read(message)
        let accepted: KeySet.Acceptance
        do {
            accepted = try KeySet.accept(
                read, trust: try project.trustedKeys(), state: AcceptanceState())
        } catch {
            throw ReleasesError.invalid("a device would reject the key set: \(error)")
        }
        let trust = accepted.trust
        guard trust.coSignerKeys.contains(where: { isSame($0.kid.text, project.record.coSignerKID) }) else {
            throw ReleasesError.invalid("the key set lacks the co-signer key of this hub")
        }
        try await store.write { [self] db in
            guard var record = try ProjectStore.find(id, in: db), record.trustVersion == project.record.trustVersion
            else { throw ReleasesError.invalid("another key set was published meanwhile") }
            record.trustVersion = trust.version
            record.recoveryThreshold = trust.recoveryThreshold
            try ProjectStore.update(record, in: db)
            try KeySetStore.insert(read.encoded(), version: trust.version, project: id, in: db)
            try follow(trust, project: id, by: requester, in: db)
            try journal.audit(
                "cosign.keyset.publish", id, by: requester, detail: ["version": "\(trust.version)"], in: db)
            try gateWork.run(in: db)
        }
        return try await self.project(id)
    }

    /// Adds keys that are new, revokes those that are gone.
    private func follow(
        _ trust: TrustedKeys, project id: String, by requester: Requester, in db: Database
    ) throws {
        let roles: [(KeyRecord.Role, [VerificationKey])] = [
            (.project, trust.projectKeys), (.cosigner, trust.coSignerKeys), (.recovery, trust.recoveryKeys),
        ]
        for (role, keys) in roles {
            for key in keys where try KeyStore.find(key.kid.text, project: id, in: db) == nil {
                try insert(key, role, project: id, by: requester, in: db)
            }
            for known in try KeyStore.keys(of: id, in: db) where known.role == role && known.key.state != .revoked {
                guard !keys.contains(where: { $0.kid == known.key.kid }) else { continue }
                try KeyStore.setState(
                    .revoked, of: known.key.kid.text, project: id, at: now(), by: requester.name, in: db)
            }
        }
    }

    /// A key set for a device.
    package func keySet(version: Int64, project id: String) async throws -> [UInt8]? {
        try await store.lookUp { db in try KeySetStore.find(version: version, project: id, in: db) }
    }

    private static func read(_ message: [UInt8]) throws -> SignedMessage {
        do {
            return try SignedMessage(parsing: message)
        } catch {
            throw ReleasesError.invalid("the message can't be read: \(error)")
        }
    }
}
