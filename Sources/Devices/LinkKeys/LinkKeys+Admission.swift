package import Journal
internal import Secrets
internal import Store
internal import Wire

/// Which record a name belongs to that came with a right signature.
///
/// Everybody who takes a product's device apart has the product's secret. So a product's key opens the records that it
/// made, and makes records for names that nobody has; never a record whose device proves itself otherwise (by a
/// certificate of the hub, a key of the update protocol, a registered secret, a link key of its own), also when it has
/// got that since it first came, and never that of another product. Such a device is let in by its certificate or by a
/// key of its own, which the operator makes.
extension LinkKeys {
    /// Where a name stands.
    private enum Standing: Sendable {
        /// - Parameters:
        ///   - isDue: whether what is written down of it is old.
        ///   - isOtherKey: whether it came with another key the last time.
        case admitted(isDue: Bool, isOtherKey: Bool)
        /// The operator has not decided yet.
        case waits
        /// It becomes a device by this.
        case newcomer
        case refused(LinkRefusalReason)
    }

    /// Steps 6 to 8.
    func admit(_ claims: SharedSecretClaims, _ attempt: LinkAttempt) async throws -> LinkAdmission {
        let id = claims.identifier
        guard DeviceID.isValid(id) else { return try await refuse(attempt, .invalidID) }
        switch try await store.lookUp({ [self] db in try standing(of: id, attempt.key, in: db) }) {
        case .admitted(let isDue, let isOtherKey):
            let isNoted = isDue || isOtherKey && keyChanges.take(id, interval: 60, now: steady()) == nil
            guard isNoted else { return .admitted(deviceID: id, key: attempt.key.key) }
        case .refused(let reason): return try await refuse(attempt, reason, claims)
        case .waits: return try await wait(id, attempt)
        case .newcomer where attempt.key.requiresApproval: return try await wait(id, attempt)
        case .newcomer:
            guard newDevices.take(attempt.key.key, interval: 1, now: steady()) == nil else { return .busy }
        }
        let isAdmitted = try await store.write { [self] db in
            // What was looked up may have changed.
            switch try standing(of: id, attempt.key, in: db) {
            case .newcomer where !attempt.key.requiresApproval:
                let device = try devices.device(id, in: db) ?? Device(id: id, state: .pending, seen: now())
                try admit(device, way: "product key", by: attempt.requester, in: db)
                try tie(id, attempt.key, in: db)
            case .admitted: break
            case .newcomer, .waits, .refused: return false
            }
            try note(id, attempt, in: db)
            return true
        }
        return isAdmitted ? .admitted(deviceID: id, key: attempt.key.key) : .refused
    }

    /// Lets a device in that waits on the link, or that was shut out, by the operator's word alone: there is no key to
    /// compare.
    ///
    /// - Throws: ``DevicesError/unknownDevice(_:)``, ``LinkKeyError/notOnLink(_:)``,
    ///   ``DevicesError/deviceNameTaken(_:ou:)``.
    package func approve(_ id: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard let device = try devices.device(id, in: db) else { throw DevicesError.unknownDevice(id) }
            let hasKey = try LinkKeyStore.count(of: .device(id), in: db) > 0
            guard try hasKey || LinkIdentityStore.find(id, in: db) != nil else { throw LinkKeyError.notOnLink(id) }
            guard device.state != .approved else { return }
            try devices.admit(id, device, in: db)
            try admit(device, way: "operator", by: requester, in: db)
        }
    }

    /// Approves a record.
    func admit(_ found: Device, way: String, by requester: Requester, in db: Database) throws {
        var device = found
        if !device.state.mayEnrol {
            // Its certificates were revoked for good: none of them, and no key in them, says anything about it.
            (device.serial, device.notAfter) = (nil, nil)
        }
        if device.serial == nil {
            // What anybody asked with in its name while it waited must not look like its own.
            device.fingerprint = nil
            device.approvedFingerprint = nil
            device.forgetOtherKeys()
        }
        device.state = .approved
        try devices.save(device, in: db)
        try journal.audit("device.approve", device.id, by: requester, detail: ["by": way], in: db)
        try journal.notify(.approved, device.id, detail: ["by": way], in: db)
    }

    private func standing(of id: String, _ key: LinkKey, in db: Database) throws -> Standing {
        let device = try devices.device(id, in: db)
        switch key.owner {
        case .device(let owner):
            guard DeviceID.isSame(owner, id), let device else { return .refused(.otherDevice) }
            return try standing(of: device, key, LinkIdentityStore.find(id, in: db))
        case .product(let product):
            if let device, let identity = try LinkIdentityStore.find(id, in: db) {
                guard LinkKey.isSameProduct(identity.product, product) else { return .refused(.otherProduct) }
                guard device.state.mayEnrol else { return .refused(.shutOut) }
                guard try !provesItselfOtherwise(tied: device, in: db) else { return .refused(.reserved) }
                return standing(of: device, key, identity)
            }
            if let device, !device.state.mayEnrol { return .refused(.shutOut) }
            guard try !isReserved(id, device, in: db) else { return .refused(.reserved) }
            do {
                try devices.admit(id, device, in: db)
            } catch is DevicesError {
                return .refused(.invalidID)
            }
            return .newcomer
        }
    }

    private func standing(of device: Device, _ key: LinkKey, _ identity: LinkIdentity?) -> Standing {
        switch device.state {
        case .approved:
            func isLongAgo(_ moment: Int64?) -> Bool { moment.map { now() - $0 >= Self.noteSeconds } ?? true }
            let isTieDue = identity.map { isLongAgo($0.connectedAt) } ?? false
            return .admitted(
                isDue: isTieDue || isLongAgo(key.lastUsedAt) || isLongAgo(device.lastSeen),
                isOtherKey: identity.map { $0.key != key.key } ?? false)
        case .pending: return .waits
        case .revoked, .rejected, .removed: return .refused(.shutOut)
        }
    }

    /// Whether a name that came with no product's key yet belongs to a device that proves itself otherwise, or is about
    /// to. One that only asked, as anybody can in any name, has no right to it.
    private func isReserved(_ id: String, _ device: Device?, in db: Database) throws -> Bool {
        if try hasProof(id, device, in: db) { return true }
        guard let device else { return false }
        return try device.state != .pending || IdentityStore.id(ofDevice: id, in: db) != nil
    }

    /// Whether a device that came with its product's key has got something since by which it, and nobody else of its
    /// product, proves itself. A key of the update protocol that waits, or was refused, is none.
    func provesItselfOtherwise(tied device: Device, in db: Database) throws -> Bool {
        if try hasProof(device.id, device, in: db) { return true }
        guard try IdentityStore.id(ofDevice: device.id, in: db) != nil else { return false }
        let sets = try IdentityStore.find(deviceID: device.id, in: db)?.authSets ?? []
        return sets.contains { $0.status == .accepted || $0.status == .preauthorized }
    }

    /// Certificates, keys that will get one, registered secrets and link keys of its own.
    private func hasProof(_ id: String, _ device: Device?, in db: Database) throws -> Bool {
        if let end = try devices.secrets.end(ofSecretOf: id, in: db), end >= now() { return true }
        guard let device else { return false }
        return try device.serial != nil || device.approvedFingerprint != nil
            || LinkKeyStore.count(of: .device(id), in: db) > 0
    }

    /// Records a device that waits for the operator, within the bounds of all that wait. Its product vouches for it, so
    /// that it needs no pairing window.
    private func wait(_ id: String, _ attempt: LinkAttempt) async throws -> LinkAdmission {
        do {
            _ = try await devices.recordPending(
                id, Sighting(address: attempt.address, mac: "", fingerprint: nil), hasSecret: true,
                by: attempt.requester)
        } catch is DevicesError {
            return .refused
        }
        guard case .product = attempt.key.owner else { return .refused }
        let isTied = try await store.lookUp { db in try LinkIdentityStore.find(id, in: db) != nil }
        if !isTied {
            try await store.write { [self] db in
                guard case .newcomer = try standing(of: id, attempt.key, in: db),
                    try devices.device(id, in: db) != nil
                else { return }
                try tie(id, attempt.key, in: db)
            }
        }
        return .refused
    }

    private func tie(_ id: String, _ key: LinkKey, in db: Database) throws {
        guard case .product(let product) = key.owner else { return }
        try LinkIdentityStore.insert(
            LinkIdentity(deviceID: id, product: product, key: key.key, createdAt: now()), in: db)
    }

    /// Notes that a device came in.
    private func note(_ id: String, _ attempt: LinkAttempt, in db: Database) throws {
        try LinkKeyStore.touch(attempt.key.key, at: now(), in: db)
        try LinkIdentityStore.setConnected(id, with: attempt.key.key, at: now(), in: db)
        guard var device = try devices.device(id, in: db) else { return }
        device.see(Sighting(address: attempt.address, mac: "", fingerprint: nil), at: now())
        try devices.save(device, in: db)
    }
}
