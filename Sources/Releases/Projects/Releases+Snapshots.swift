internal import CoSigning
internal import Journal
internal import PKI
internal import Store

extension Releases {
    /// A project with its keys; `nil` for one that is not known. In memory as long as nothing of it changes.
    package func snapshot(_ id: String) async throws -> ProjectSnapshot? {
        let version = store.version(of: projectTables)
        if let kept = snapshots.value(id, version: version) { return kept }
        let found = try await store.lookUp { db -> (ProjectRecord, [KeyRecord], [UInt8]?, Int64, [UInt8]?)? in
            guard let record = try ProjectStore.find(id, in: db) else { return nil }
            return (
                record, try KeyStore.keys(of: id, in: db), try ProjectStore.coSignerKey(id, in: db),
                try RestoreMark.value(in: db),
                try KeySetStore.trust(version: record.trustVersion, project: id, in: db)
            )
        }
        guard let (record, keys, sealed, restoredAt, document) = found else { return nil }
        func registered(_ role: KeyRecord.Role) -> [RegisteredKey] { keys.filter { $0.role == role }.map(\.key) }
        let snapshot = ProjectSnapshot(
            record: record,
            project: Project(
                id: id, projectKeys: registered(.project), servers: registered(.server),
                policy: .init(
                    lifetime: record.lifetime, requiresProjectSignature: record.requiresProjectSignature)),
            keys: keys, coSigner: coSigner(record, sealed: sealed, keys: registered(.cosigner)),
            restoredAt: restoredAt, version: version,
            trust: document.flatMap { StrictJSON.parse($0) }.flatMap { try? TrustedKeys($0) })
        snapshots.keep(snapshot, for: id, version: version)
        return snapshot
    }

    /// The co-signer of a project; `nil` when its key can't be opened, or is not active.
    private func coSigner(_ record: ProjectRecord, sealed: [UInt8]?, keys: [RegisteredKey]) -> CoSigner? {
        guard let kid = KeyID(record.coSignerKID),
            let known = keys.first(where: { $0.kid == kid }), known.state == .active,
            let key = try? openCoSigner(record.id, uri: record.coSignerURI, sealed: sealed), key.publicKey == known.key
        else { return nil }
        return CoSigner(key: SigningKey(kid: kid, key: key))
    }

    /// A co-signer's key, by its URI or in its form at rest.
    func openCoSigner(_ id: String, uri: String?, sealed: [UInt8]?) throws -> PrivateKey {
        if let uri { return try tokenKey(uri) }
        guard let sealed else { throw ReleasesError.coSignerUnavailable(id) }
        let pem = try sealing.open(sealed, context: Array(id.utf8))
        return try PrivateKey(pem: String(decoding: pem, as: UTF8.self), passphrase: nil)
    }

    /// Projects whose key can't be opened, so that an operator hears of it at a start.
    package func projectsWithoutCoSigner() async throws -> [String] {
        var missing: [String] = []
        for id in try await store.lookUp({ db in try ProjectStore.ids(in: db) }) {
            if let snapshot = try await snapshot(id), snapshot.coSigner == nil { missing.append(id) }
        }
        let ids = missing
        try await store.write { [journal] db in
            for id in ids { try journal.holdAlarm(.coSignerMissing, id, in: db) }
            for id in try journal.alarmSubjects(.coSignerMissing, in: db) where !ids.contains(id) {
                try journal.clearAlarm(.coSignerMissing, id, in: db)
            }
        }
        return missing
    }
}
