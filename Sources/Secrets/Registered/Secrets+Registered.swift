internal import Foundation
package import Journal
internal import PKI
package import Store
internal import Wire

extension Secrets {
    /// Checks a secret that is to be registered.
    ///
    /// - Returns: its form at rest, for ``replace(_:sealed:by:in:)``.
    /// - Throws: ``SecretsError/invalidSecret``, ``SecretsError/expiredValidUntil``, ``SecretsError/invalidOU``.
    package func prepare(_ secret: NewSecret) throws(SecretsError) -> [UInt8] {
        guard secret.record != nil || (1...SecretLimits.secretBytes).contains(secret.value.count) else {
            throw .invalidSecret
        }
        guard secret.validUntil > now() else { throw .expiredValidUntil }
        guard secret.ou.map(SecretRowReader.roles.contains) ?? true else { throw .invalidOU }
        let material = secret.record.map { SecretMaterial(record: $0) } ?? SecretMaterial(secret: secret.value)
        return seal(material.encoded, deviceID: secret.deviceID)
    }

    /// Registers a secret that was checked, instead of whatever the device had before.
    package func replace(
        _ secret: NewSecret, sealed: [UInt8], by requester: Requester, in db: Database
    ) throws {
        try SecretStore.remove(secret.deviceID, in: db)
        try SecretStore.insert(secret, sealed: sealed, in: db)
        try journal.audit("secret.add", secret.deviceID, by: requester, in: db)
    }

    /// The last second of the registered secret of a device, Unix seconds, whether it is over or not; `nil` when there
    /// is none.
    package func end(ofSecretOf deviceID: String, in db: Database) throws -> Int64? {
        try SecretStore.find(deviceID, start: start, in: db)?.validUntil
    }

    /// IDs of devices with a registered secret, in the order of their bytes, after one.
    package func ids(after: String, limit: Int, in db: Database) throws -> [String] {
        try SecretStore.ids(after: after, limit: limit, in: db)
    }

    /// Drops what is registered for a device, in the transaction that says why.
    package func remove(of deviceID: String, in db: Database) throws {
        try SecretStore.remove(deviceID, in: db)
    }

    /// The current secret of a device; `nil` when there is none or it has expired.
    package func secret(of deviceID: String, in db: Database) throws -> OOBSecret? {
        try secret(of: deviceID, from: nil, in: db)?.secret
    }

    /// The current secret of a device, and what an address hears of it; `nil` when there is none or its time
    /// is over. With an address not inside a write (``guessSource(of:)``).
    package func secret(
        of deviceID: String, from address: String?, in db: Database
    ) throws -> (secret: OOBSecret, gates: GuessGates)? {
        guard let row = try SecretStore.find(deviceID, start: start, in: db) else { return nil }
        guard row.validUntil >= now() else { return nil }
        guard let material = SecretMaterial(try open(row.sealed, deviceID: deviceID)) else {
            throw StoreError.wrongKey(what: "secret")
        }
        let secret = OOBSecret(
            deviceID: deviceID, value: material.secret, record: material.record, validUntil: row.validUntil,
            ou: row.ou ?? "iotdevice", deviceType: row.deviceType,
            pairing: row.pairing.flatMap(Pairing.init) ?? .any, batch: row.batch, boundKey: row.boundKey,
            isGuessable: material.isGuessable, sealed: row.sealed)
        guard row.hasGuesses, let address else { return (secret, .open) }
        return (secret, try guessGates(deviceID, from: guessSource(of: address), in: db))
    }

    /// Uses a secret up, in the transaction that stores what was got for it.
    ///
    /// It stays, sealed, until its time is over: for a device whose answer was lost because the hub stopped just then,
    /// and so that importing the same file again finds it unchanged.
    /// - Parameters:
    ///   - key: fingerprint of the key that got a certificate.
    ///   - source: who proved it; `nil` only for a secret that is not easy to guess.
    /// - Returns: false when the secret was used, removed or replaced since it was read; then nothing may be issued for
    ///   it.
    package func consume(
        _ secret: OOBSecret, key: String, from source: GuessSource?, isPairing: Bool = false, in db: Database
    ) throws -> Bool {
        guard let row = try SecretStore.find(secret.deviceID, start: start, in: db),
            row.batch == secret.batch, row.sealed == secret.sealed
        else { return false }
        if row.hasGuesses {
            // Guesses that came in parallel were all let through; once the limit is reached even the right one is too
            // late. A pairing counted itself before it was answered, and a strong secret is never locked.
            let isHeard =
                try isPairing || !secret.isGuessable
                || source.map { try guessGates(secret.deviceID, from: $0, in: db).plain == .open } ?? false
            guard isHeard else { return false }
            try GuessStore.remove(secret.deviceID, in: db)
        }
        return try SecretStore.spend(secret.deviceID, key: key, start: start, in: db) > 0
    }

    /// Registered secrets in the order of device IDs, without the secrets unless asked.
    package func secrets(after: String, limit: Int, revealing: Bool = false) async throws -> [SecretListing] {
        try await store.read { [self] db in
            try SecretStore.page(after: after, limit: limit, in: db).map { row in
                try listing(row, revealing: revealing, in: db)
            }
        }
    }

    /// One registered secret, without the secret itself.
    package func secret(listing deviceID: String) async throws -> SecretListing {
        let row = try await store.read { [self] db in
            try SecretStore.page(after: "", limit: 1, equalTo: deviceID, in: db).first.map { row in
                try listing(row, revealing: false, in: db)
            }
        }
        guard let row else { throw SecretsError.unknownSecret(deviceID) }
        return row
    }

    /// Takes a secret away before it was used.
    package func removeSecret(of deviceID: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard try SecretStore.remove(deviceID, in: db) > 0 else { throw SecretsError.unknownSecret(deviceID) }
            try journal.audit("secret.remove", deviceID, by: requester, in: db)
        }
    }

    /// Notes in the trail that secrets left the hub in clear.
    ///
    /// - Parameter after: the device ID behind which they begin; empty for the first page.
    package func auditExport(after: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            try journal.audit(
                "secret.export", "all", by: requester, detail: after.isEmpty ? [:] : ["after": after], in: db)
        }
    }

    /// Current registrations, expired ones included until they are deleted.
    package func secretCount() async throws -> Int {
        try await store.read { db in try SecretStore.count(in: db) }
    }

    /// Removes secrets whose time is over, a thousand at a time, so that nobody waits long for the writer.
    package func removeExpiredSecrets() async throws {
        while true {
            let removed = try await store.write { [self] db in
                try SecretStore.removeExpired(now: journal.slowTime, limit: 1000, in: db)
            }
            guard removed == 1000 else { return }
        }
    }

    /// Drops all secrets; for hubs that must not keep them over a restart (docs/protocols/idprov.md 4).
    package func dropVolatileSecrets() async throws {
        guard limits.volatileSecrets else { return }
        try await store.write { db in try SecretStore.removeAll(in: db) }
    }

    /// A secret's form at rest; the device's ID is bound to it, so that rows can't be exchanged.
    package func seal(_ secret: [UInt8], deviceID: String) -> [UInt8] {
        secretKey.seal(secret, context: Array(deviceID.utf8))
    }

    /// The reverse of ``seal(_:deviceID:)``.
    package func open(_ sealed: [UInt8], deviceID: String) throws -> [UInt8] {
        try secretKey.open(sealed, context: Array(deviceID.utf8))
    }

    /// The secret in clear; empty when only its pairing record is kept.
    private func reveal(_ row: ListedSecretRow, _ deviceID: String) throws -> String {
        String(decoding: try material(row, deviceID)?.secret ?? [], as: UTF8.self)
    }

    private func material(_ row: ListedSecretRow, _ deviceID: String) throws -> SecretMaterial? {
        SecretMaterial(try open(row.sealed, deviceID: deviceID))
    }

    private func listing(_ row: ListedSecretRow, revealing: Bool, in db: Database) throws -> SecretListing {
        let deviceID = row.deviceID
        let pairing = row.pairing.flatMap(Pairing.init) ?? .any
        // Of a strong secret only the counting is locked.
        let isLockable = try row.hasGuesses && material(row, deviceID)?.isGuessable ?? true
        let standing = isLockable ? try guessStanding(deviceID, pairing, in: db) : GuessStanding()
        let lockedUntil: Int64? =
            switch standing.all {
            case .open: nil
            case .backOff(let seconds): now() + seconds
            case .locked: SecretListing.untilUnlocked
            }
        return SecretListing(
            deviceID: deviceID, validUntil: row.validUntil, ou: row.ou ?? "iotdevice",
            deviceType: row.deviceType, pairing: pairing, tags: row.tags, note: row.note,
            lockedUntil: lockedUntil, lockedAddresses: standing.addresses,
            secret: revealing ? try reveal(row, deviceID) : nil)
    }
}

package enum SecretLimits {
    /// Longest secret in bytes of UTF-8.
    package static let secretBytes = 1024
}
