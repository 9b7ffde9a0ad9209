package import CoSigning
package import Journal
internal import PKI
internal import Store

/// Rotation of a co-signer's key (docs/protocols/cosign.md 7): the hub makes the next key, a key set brings it to the
/// devices beside the present one, a later key set leaves the present one out. Until then the present one signs, which
/// every device knows.
extension Releases {
    /// The key that follows the co-signer's; made when there is none, or another one is given.
    ///
    /// - Throws: ``ReleasesError``.
    package func nextCoSigner(
        of id: String, key given: CoSignerKey? = nil, by requester: Requester
    ) async throws -> VerificationKey {
        let project = try await project(id)
        let known = try await store.lookUp { db in try NextKeyStore.find(project: id, in: db) }
        if given == nil, let known { return known.key }
        // Devices trust it already: without its private half their chain would lead nowhere.
        if let known, try project.trustedKeys().coSignerKeys.contains(known.key) {
            throw ReleasesError.invalid(
                "a key set has brought \(known.key.kid) to devices; publish the one that takes the present key away first"
            )
        }
        let (key, uri) = try coSignerKey(given, project: id)
        let pem = uri == nil ? try key.pem() : nil
        let record = try await store.write { [self] db in
            // Another operator may have asked meanwhile.
            if given == nil, let other = try NextKeyStore.find(project: id, in: db) { return other }
            let taken = Set(try KeyStore.keys(of: id, in: db).map(\.key.kid.text))
            guard let kid = Self.generation(after: project.record.coSignerKID, taken: taken),
                let named = VerificationKey(kid: kid, key: key.publicKey)
            else { throw ReleasesError.invalid("the co-signer's key must be of P-256") }
            guard try !KeyStore.keys(of: id, in: db).contains(where: { $0.key.key == key.publicKey }) else {
                throw ReleasesError.invalid("the project has this key already")
            }
            // Sealed for the project, as the present one is.
            let sealed = pem.map { sealing.seal(Array($0.utf8), context: Array(id.utf8)) }
            let record = NextKeyStore.Record(key: named, uri: uri, sealed: sealed)
            try NextKeyStore.set(record, project: id, in: db)
            try journal.audit("cosign.cosigner.next", kid.text, by: requester, detail: ["project": id], in: db)
            return record
        }
        return record.key
    }

    /// The next key with which a key set is signed that introduces it.
    func nextSigningKey(of project: ProjectSnapshot) async throws -> SigningKey? {
        let id = project.record.id
        guard let next = try await store.lookUp({ db in try NextKeyStore.find(project: id, in: db) }) else {
            return nil
        }
        let key = try openCoSigner(id, uri: next.uri, sealed: next.sealed)
        return SigningKey(kid: next.key.kid, key: key)
    }

    /// `project/ID`, then `project/ID#2`, `#3` and so on: one above the highest that is known, and never used.
    private static func generation(after kid: String, taken: Set<String>) -> KeyID? {
        let parts = kid.utf8.split(separator: UInt8(ascii: "#"), maxSplits: 1).map { String(Substring($0)) }
        let base = parts.count == 2 && Int(parts[1]) != nil ? parts[0] : kid
        let present = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
        guard (1..<1_000_000).contains(present) else { return nil }
        return (present + 1...present + 1000).first { !taken.contains("\(base)#\($0)") }
            .flatMap { KeyID("\(base)#\($0)") }
    }
}
