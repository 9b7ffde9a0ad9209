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
        let read = try Self.read(message)
        guard let claims = try? Claims.decode(read.payload), MessageKind(of: claims) == .keyset,
            let named = claims["project"]?.string, isSame(named, id)
        else { throw ReleasesError.invalid("the message is not a key set of project \(id)") }
        var keys: [SigningKey] = []
        // Recovery keys need neither factor: they are there for the day when both are lost.
        if KeySet.isSignedForRecovery(read, trust: try project.trustedKeys()) {
            if let present = project.coSigner?.key, Self.introduces(present.kid, claims) { keys.append(present) }
        } else {
            guard let coSigner = project.coSigner, !project.record.isSuspended else { throw CoSignRefusal.suspended }
            // Also of a suspended key: the key set that replaces a stolen one is signed with it.
            let signers = project.keys(.project).filter { read.entry($0.kid) != nil }
            guard signers.allSatisfy({ Self.has(read, signed: $0) }) else { throw CoSignRefusal.badSignature }
            guard signers.contains(where: { $0.state != .revoked }) else {
                throw CoSignRefusal.missingProjectSignature
            }
            keys.append(coSigner.key)
        }
        if let next = try await nextSigningKey(of: project), Self.introduces(next.kid, claims) { keys.append(next) }
        keys.removeAll { read.entry($0.kid) != nil }
        guard !keys.isEmpty else {
            throw ReleasesError.invalid("the key set has nothing for the hub to sign; publish it")
        }
        var signed = read
        do {
            for key in keys { try signed.sign(with: key) }
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
        let next = try await store.lookUp { db in try NextKeyStore.find(project: id, in: db)?.key }
        let keepsPresent = trust.coSignerKeys.contains { isSame($0.kid.text, project.record.coSignerKID) }
        guard keepsPresent || next.map(trust.coSignerKeys.contains) == true else {
            throw ReleasesError.invalid("the key set lacks the co-signer key of this hub, and its next one")
        }
        try await store.write { [self] db in
            guard var record = try ProjectStore.find(id, in: db), record.trustVersion == project.record.trustVersion
            else { throw ReleasesError.invalid("another key set was published meanwhile") }
            record.trustVersion = trust.version
            record.recoveryThreshold = trust.recoveryThreshold
            try ProjectStore.update(record, in: db)
            try KeySetStore.insert(read.encoded(), version: trust.version, project: id, in: db)
            try KeySetStore.insertTrust(trust.json.encoded(), version: trust.version, project: id, in: db)
            for (stream, value) in Self.resets(accepted.claims) {
                try ReleaseStore.takeBack(project: id, stream: stream, to: value, in: db)
            }
            try follow(trust, project: id, by: requester, in: db)
            if !keepsPresent {
                guard try NextKeyStore.find(project: id, in: db)?.key == next else {
                    throw ReleasesError.invalid("another next co-signer key was made meanwhile")
                }
                try NextKeyStore.promote(project: id, in: db)
            }
            try journal.audit(
                "cosign.keyset.publish", id, by: requester,
                detail: [
                    "version": "\(trust.version)",
                    "resets": Self.resets(accepted.claims).map { "\($0)=\($1)" }.joined(separator: " "),
                ], in: db)
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
            for key in keys {
                guard let known = try KeyStore.find(key.kid.text, project: id, in: db) else {
                    try insert(key, role, project: id, by: requester, in: db)
                    continue
                }
                // A server's name, or a key that an operator has revoked, which devices would trust and the hub not.
                guard known.role == role, known.key.key == key.key, known.key.state != .revoked else {
                    throw ReleasesError.keyExists(key.kid.text)
                }
            }
            for known in try KeyStore.keys(of: id, in: db) where known.role == role && known.key.state != .revoked {
                guard !keys.contains(where: { $0.kid == known.key.kid }) else { continue }
                try KeyStore.setState(
                    .revoked, of: known.key.kid.text, project: id, at: now(), by: requester.name, in: db)
            }
        }
    }

    /// What devices trust at a version; `nil` for one that never was.
    package func trust(version: Int64, project id: String) async throws -> [UInt8]? {
        try await store.lookUp { db in try KeySetStore.trust(version: version, project: id, in: db) }
    }

    /// A key set for a device.
    package func keySet(version: Int64, project id: String) async throws -> [UInt8]? {
        try await store.lookUp { db in try KeySetStore.find(version: version, project: id, in: db) }
    }

    private static func has(_ message: SignedMessage, signed key: RegisteredKey) -> Bool {
        message.entry(key.kid).map { message.isSigned($0, by: key.key) } ?? false
    }

    /// Whether a key set brings a co-signer key of that name.
    private static func introduces(_ kid: KeyID, _ claims: JSONValue) -> Bool {
        (claims["cosigner_keys"]?.array ?? []).contains { $0["kid"]?.string.map { isSame($0, kid.text) } ?? false }
    }

    /// Streams that are taken back, and the highest number each then has.
    private static func resets(_ claims: JSONValue) -> [(String, Int64)] {
        (claims["seq_reset"]?.members ?? []).compactMap { member in member.value.integer.map { (member.name, $0) } }
    }

    private static func read(_ message: [UInt8]) throws -> SignedMessage {
        do {
            return try SignedMessage(parsing: message)
        } catch {
            throw ReleasesError.invalid("the message can't be read: \(error)")
        }
    }
}
