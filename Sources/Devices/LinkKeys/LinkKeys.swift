internal import Foundation
package import Journal
internal import PKI
internal import Store
package import Wire

/// The shared secrets with which devices open their links, and which device comes with which of them
/// (docs/protocols/device-link.md 3.1).
package final class LinkKeys: Sendable {
    package let limits: LinkKeyLimits
    let devices: Devices
    let journal: Journal
    let store: Store
    let now: @Sendable () -> Int64
    let steady: @Sendable () -> Int64
    /// Derivations under way: each takes a core for as long as the device wants, within bounds. Half of the cores are
    /// for devices that are in.
    let derivations = DerivationQueue(
        atOnce: max(1, ProcessInfo.processInfo.activeProcessorCount / 2), waitingLimit: 512)
    let derivedKeys: DerivedKeys
    /// Wrong signatures that cost more than those of known clients, by key and source of the address.
    let failures = RateBudget(burst: 20)
    /// Derivations that cost far more than those of known clients, by source of the address.
    let costly = RateBudget(burst: 20)
    /// Devices that a product's key makes, by key: a secret that leaked must not fill the list at once.
    let newDevices: RateBudget
    /// How often it is written down that a device has changed its key, by device.
    let keyChanges = RateBudget(burst: 4)
    /// Lines of the audit trail about refusals, by key and source of the address.
    let refusalLines = RateBudget(burst: 4)
    let replays = ReplayMemory()
    private let sealingKey: SealingKey

    /// A valid key is written down as used, and a device as seen, at most this often, in seconds.
    package static let noteSeconds: Int64 = 900
    /// Valid keys one product or device may have.
    static let keysPerOwner = 16
    /// Revoked keys stay in the list for this time, in seconds: a year.
    private static let revokedSeconds: Int64 = 365 * 86_400

    /// Makes the part on the records of the devices.
    package init(devices: Devices) {
        self.devices = devices
        limits = devices.limits.link
        journal = devices.journal
        (store, now, steady) = (journal.store, journal.now, journal.steady)
        newDevices = RateBudget(burst: limits.newDevices)
        derivedKeys = DerivedKeys(steady: steady)
        sealingKey = store.sealingKey.derive("latchkey link key")
        journal.endings.subscribe(derivedKeys)
        journal.add(
            RecordKeeper(hasRecords: { try LinkKeyStore.hasAny(in: $0) }) { now, _, db in
                try LinkKeyStore.settle(at: now, in: db)
            })
        devices.endWork.add { [now] device, db in
            // The tie to the product stays: nobody else takes over the name, and the operator may bring it back.
            if device.state == .removed { try LinkKeyStore.revokeAll(of: device.id, at: now(), in: db) }
        }
    }

    /// Makes a key and its secret, or takes those over that devices have. The secret is shown this once.
    ///
    /// A key of a device is the operator's word that it may come in: a device that waits is approved by it, and one
    /// that nobody knows gets its record. From then on no key of its product opens its record, and links that were
    /// opened with one end.
    /// - Throws: ``LinkKeyError``, ``DevicesError/invalidDeviceID(_:)``, ``DevicesError/deviceNameTaken(_:ou:)``.
    package func add(_ new: NewLinkKey, by requester: Requester) async throws -> LinkCredentials {
        try new.check()
        let made = LinkCredentials.make(new, at: now(), by: requester.name)
        let sealed = seal(made)
        let ended: String? = try await store.write { [self] db in
            try LinkKeyStore.remove(revokedBefore: journal.slowTime - Self.revokedSeconds, in: db)
            guard try LinkKeyStore.find(made.key.key, in: db) == nil else {
                throw LinkKeyError.exists(made.key.shown)
            }
            let count = try LinkKeyStore.count(of: new.owner, in: db)
            guard count < Self.keysPerOwner else {
                throw LinkKeyError.tooMany(limit: Self.keysPerOwner)
            }
            var subject = made.key.shown
            var other: String?
            if case .device(let id) = new.owner {
                try expect(id, by: requester, in: db)
                subject = id
                if count == 0, try LinkIdentityStore.find(id, in: db) != nil { other = id }
            }
            try LinkKeyStore.insert(made.key, sealed: sealed, in: db)
            try journal.audit(
                "link.key.add", subject, by: requester, detail: made.key.auditDetail, in: db)
            return other
        }
        if let ended { journal.endings.announce(.deviceLink(DeviceID(ended))) }
        return made
    }

    /// Keys in their order, after one; revoked ones of the last year among them.
    package func keys(after: String, limit: Int) async throws -> [LinkKey] {
        try await store.read { db in try LinkKeyStore.page(after: after, limit: limit, in: db) }
    }

    /// Revokes a key, and ends the links that were opened with it. One that is revoked already stays so.
    ///
    /// - Parameter text: the key, or a beginning of it that no other key has.
    /// - Throws: ``LinkKeyError/unknown(_:)``, ``LinkKeyError/ambiguous(_:)``.
    @discardableResult
    package func revoke(_ text: String, by requester: Requester) async throws -> LinkKey {
        guard (LinkKey.prefixLength...SharedSecretHeaders.keyLimit).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let last = text.utf8.last
        else { throw LinkKeyError.unknown(text) }
        // What begins with a text comes before the text whose last character is the next one.
        let end = String(text.dropLast()) + String(Unicode.Scalar(last + 1))
        let key = try await store.write { [self] db in
            let found = try LinkKeyStore.keys(from: text, before: end, in: db)
            guard var key = found.first else { throw LinkKeyError.unknown(text) }
            guard found.count == 1 || key.key == text else { throw LinkKeyError.ambiguous(text) }
            if try LinkKeyStore.revoke(key.key, at: now(), in: db) {
                key.revokedAt = now()
                var subject = key.shown
                if case .device(let id) = key.owner { subject = id }
                try journal.audit("link.key.revoke", subject, by: requester, detail: key.auditDetail, in: db)
            }
            return key
        }
        journal.endings.announce(.linkKey(key.key))
        return key
    }

    /// The ties of some records; a device that never came with a product's key is passed over.
    package func identities(ofDevices ids: [String]) async throws -> [DeviceID: LinkIdentity] {
        try await store.read { db in
            var found: [DeviceID: LinkIdentity] = [:]
            for id in ids { found[DeviceID(id)] = try LinkIdentityStore.find(id, in: db) }
            return found
        }
    }

    /// The device of a key has a record that is in.
    private func expect(_ id: String, by requester: Requester, in db: Database) throws {
        let found = try devices.device(id, in: db)
        if let found, !found.state.mayEnrol { throw LinkKeyError.deviceShutOut(id) }
        try devices.admit(id, found, in: db)
        guard found?.state != .approved else { return }
        try admit(
            found ?? Device(id: id, state: .pending, seen: now()), way: "device key", by: requester, in: db)
    }

    private func seal(_ made: LinkCredentials) -> [UInt8] {
        sealingKey.seal(Array(made.secret.utf8), context: Array(made.key.key.utf8))
    }

    /// The secret of a key.
    ///
    /// - Throws: `StoreError.wrongKey`.
    func secret(of row: SealedLinkKey) throws -> [UInt8] {
        do {
            return try sealingKey.open(row.sealed, context: Array(row.key.key.utf8))
        } catch {
            throw StoreError.wrongKey(what: "secret of a link key")
        }
    }
}

extension LinkKey {
    /// What the audit trail says of it.
    fileprivate var auditDetail: KeyValuePairs<String, String> {
        switch owner {
        case .product(let product):
            [
                "key": shown, "product": product, "name": name,
                "approval": requiresApproval ? "needed" : "not needed",
            ]
        case .device: ["key": shown, "name": name]
        }
    }
}

/// How shared secrets are judged.
package struct LinkKeyLimits: Sendable, Equatable {
    /// Whether devices may come in with shared secrets at all.
    package var isOn = true
    /// Seconds a signature is good.
    package var signatureSeconds = 90
    /// Seconds a device's clock may be ahead; the original allows none, but cuts its own time to whole seconds.
    package var leadSeconds = 5
    /// Whether a signature that was good is refused when it comes again.
    package var refusesReplays = true
    /// Devices that one product's key may make at once; then one more a second.
    package var newDevices = 1000

    package init() {}
}
