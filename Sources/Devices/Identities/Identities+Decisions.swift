package import Journal
package import PKI
package import Store
package import Wire

/// What the operator decides about devices of the update protocol (docs/protocols/mender.md 5).
extension Identities {
    /// The identity of a UUID; `nil` when there is none.
    package func identity(_ id: String) async throws -> DeviceIdentity? {
        try await store.read { db in try IdentityStore.find(id: id, in: db) }
    }

    /// The identity tied to a record; `nil` when there is none.
    package func identity(ofDevice deviceID: String) async throws -> DeviceIdentity? {
        try await store.lookUp { db in try IdentityStore.find(deviceID: deviceID, in: db) }
    }

    /// The identities tied to some records; a record without one is passed over.
    package func identities(ofDevices ids: [String]) async throws -> [DeviceID: DeviceIdentity] {
        try await store.read { db in
            var found: [DeviceID: DeviceIdentity] = [:]
            for id in ids { found[DeviceID(id)] = try IdentityStore.find(deviceID: id, in: db) }
            return found
        }
    }

    /// UUIDs of the identities tied to some records, however many; a record without one is passed over.
    package func identityIDs(ofDevices ids: [String]) async throws -> [DeviceID: String] {
        try await store.read { db in
            var found: [DeviceID: String] = [:]
            for id in ids { found[DeviceID(id)] = try IdentityStore.id(ofDevice: id, in: db) }
            return found
        }
    }

    /// Identities in the order they came.
    ///
    /// - Parameters:
    ///   - status: only devices with one of these; empty for all.
    ///   - keyless: devices whose keys were all removed, beside those of `status`.
    ///   - ids: only these; empty for all.
    package func identities(
        status: [AuthSetStatus], keyless: Bool = false, ids: [String], offset: Int, limit: Int
    ) async throws -> [DeviceIdentity] {
        try await store.read { db in
            try IdentityStore.page(status: status, keyless: keyless, ids: ids, offset: offset, limit: limit, in: db)
        }
    }

    /// How many identities have one of these.
    package func identityCount(status: [AuthSetStatus], keyless: Bool = false) async throws -> Int {
        try await store.read { db in try IdentityStore.count(status: status, keyless: keyless, in: db) }
    }

    /// Decides about a key. Accepting one rejects the one accepted before; a device that is left without an accepted
    /// key has no token from this moment on.
    ///
    /// - Throws: ``IdentityError``.
    package func decide(
        _ identityID: String, authSet: String, _ status: AuthSetStatus, by requester: Requester
    ) async throws {
        let ended: String? = try await store.write { [self] db in
            guard let identity = try IdentityStore.find(id: identityID, in: db), let set = identity.authSet(authSet),
                var device = try devices.device(identity.deviceID, in: db)
            else { throw IdentityError.unknown }
            let present = identity.status(of: set)
            guard present != status else { return nil }
            guard Self.isLegal(present, status) else { throw IdentityError.badChange(deviceID: device.id) }
            let endsToken = identity.acceptedSet.map { ($0.id == set.id) != (status == .accepted) } ?? false
            if status == .accepted {
                guard try hasRoom(for: identity, in: db) else { throw IdentityError.deviceLimit }
                if !device.state.mayEnrol { device.state = .pending }
                try accept(set, of: identity, device: &device, way: "operator", by: requester, in: db)
                return endsToken ? device.id : nil
            }
            try IdentityStore.setStatus(set.id, status, in: db)
            if status == .pending, identity.isShutOut {
                device.state = .pending
                try devices.save(device, in: db)
            }
            try settle(&device, identity.id, in: db)
            try journal.audit(
                "identity.\(status == .rejected ? "reject" : "dismiss")", device.id, by: requester,
                detail: ["authSet": set.id], in: db)
            if status == .rejected { try journal.notify(.refused, device.id, detail: ["by": "operator"], in: db) }
            return endsToken ? device.id : nil
        }
        if let ended { journal.endings.announce(.device(DeviceID(ended))) }
    }

    /// Forgets a key and its token.
    package func removeAuthSet(_ authSet: String, of identityID: String, by requester: Requester) async throws {
        let (deviceID, isShutOut) = try await store.write { [self] db in
            guard let identity = try IdentityStore.find(id: identityID, in: db), let set = identity.authSet(authSet),
                var device = try devices.device(identity.deviceID, in: db)
            else { throw IdentityError.unknown }
            try IdentityStore.removeSet(set.id, in: db)
            try settle(&device, identity.id, in: db)
            try journal.audit("identity.forget", device.id, by: requester, detail: ["authSet": set.id], in: db)
            return (device.id, device.state != .approved)
        }
        journal.endings.announce(isShutOut ? .device(DeviceID(deviceID)) : .deviceLink(DeviceID(deviceID)))
    }

    /// Ends the token of a key; the device asks for another one.
    package func revokeToken(ofAuthSet authSet: String, by requester: Requester) async throws {
        let deviceID = try await store.write { [self] db in
            guard let identityID = try IdentityStore.owner(ofSet: authSet, in: db),
                let identity = try IdentityStore.find(id: identityID, in: db)
            else { throw IdentityError.unknown }
            try IdentityStore.setToken(nil, endsAt: 0, of: authSet, identity: identityID, at: now(), in: db)
            try journal.audit("identity.token", identity.deviceID, by: requester, detail: ["authSet": authSet], in: db)
            return identity.deviceID
        }
        journal.endings.announce(.deviceLink(DeviceID(deviceID)))
    }

    /// Makes a device with a key that will be accepted at its first request.
    ///
    /// - Parameters:
    ///   - identity: canonical identity data.
    ///   - force: adds the key to a device of that identity instead of refusing.
    /// - Returns: UUID of the device.
    package func preauthorize(
        _ identity: String, publicKey: PublicKey, force: Bool, by requester: Requester
    ) async throws -> String {
        let key = SHA256.hash(Array(identity.utf8))
        return try await store.write { [self] db in
            let pem = publicKey.pem()
            var found = try IdentityStore.find(key: key, in: db)
            if let found, !force { throw IdentityError.exists(found) }
            if found == nil {
                let id = UniqueID.make()
                var device = Device(id: id, state: .pending, seen: now())
                device.fingerprint = publicKey.fingerprint
                try devices.save(device, in: db)
                let made = DeviceIdentity(
                    id: id, deviceID: id, data: identity, tier: "standard", createdAt: now(), updatedAt: now(),
                    authSets: [])
                try IdentityStore.insert(made, key: key, in: db)
                found = made
            }
            guard let device = found else { throw IdentityError.unknown }
            if let set = device.authSets.first(where: { $0.publicKey == pem }) {
                if set.status != .accepted || found?.isShutOut == true {
                    try IdentityStore.setStatus(set.id, .preauthorized, in: db)
                }
            } else {
                try IdentityStore.insert(
                    AuthSet(id: UniqueID.make(), publicKey: pem, status: .preauthorized, createdAt: now()),
                    of: device.id, keyHash: SHA256.hash(publicKey.spki), in: db)
            }
            if device.isShutOut, var record = try devices.device(device.deviceID, in: db) {
                record.state = .pending
                try devices.save(record, in: db)
            }
            try journal.audit(
                "identity.preauthorize", device.deviceID, by: requester,
                detail: ["identity": identity, "fingerprint": publicKey.fingerprint], in: db)
            return device.id
        }
    }

    /// Whether a key of a device may be accepted: another one of a device that is in takes no room.
    func hasRoom(for identity: DeviceIdentity, in db: Database) throws -> Bool {
        let limit = acceptedLimit
        if limit < 0 || identity.status == .accepted { return true }
        if try IdentityStore.acceptedCount(in: db) < limit { return true }
        // Devices that are shut out keep their accepted key, for the case that it is undone, but take no room.
        return try IdentityStore.accepted(in: db).count < limit
    }

    /// Accepts a key instead of the one accepted before; the device is approved.
    func accept(
        _ set: AuthSet, of identity: DeviceIdentity, device: inout Device, way: String, by requester: Requester,
        in db: Database
    ) throws {
        for other in identity.authSets where other.status == .accepted && other.id != set.id {
            try IdentityStore.setStatus(other.id, .rejected, in: db)
        }
        try IdentityStore.setStatus(set.id, .accepted, in: db)
        try IdentityStore.touch(identity.id, at: now(), in: db)
        let isNew = device.state != .approved
        device.state = .approved
        try devices.save(device, in: db)
        try journal.audit(
            "identity.accept", device.id, by: requester, detail: ["by": way, "authSet": set.id], cause: .known, in: db)
        if isNew { try journal.notify(.approved, device.id, detail: ["by": way], in: db) }
    }

    /// Derives the state of a device without certificate from its keys. One with a certificate is ended by the
    /// revocation of the certificate.
    private func settle(_ device: inout Device, _ identityID: String, in db: Database) throws {
        try IdentityStore.touch(identityID, at: now(), in: db)
        guard device.serial == nil, device.state != .removed else { return }
        let sets = try IdentityStore.find(id: identityID, in: db)?.authSets ?? []
        if sets.contains(where: { $0.status == .accepted }) {
            device.state = .approved
        } else if sets.isEmpty || sets.contains(where: { $0.status != .rejected }) {
            device.state = .pending
        } else {
            device.state = .rejected
        }
        try devices.save(device, in: db)
    }

    private static func isLegal(_ from: AuthSetStatus, _ to: AuthSetStatus) -> Bool {
        switch (from, to) {
        case (.pending, .accepted), (.pending, .rejected), (.rejected, .accepted), (.accepted, .rejected): true
        case (.pending, .pending), (.accepted, .pending), (.rejected, .pending): true
        default: false
        }
    }
}

extension Identities {
    /// The identity tied to a record, inside of a transaction; `nil` when there is none.
    func identity(ofDevice deviceID: String, in db: Database) throws -> DeviceIdentity? {
        try IdentityStore.find(deviceID: deviceID, in: db)
    }

    /// Records of the devices that may have an update: their key is accepted, and they are not shut out.
    package func updatableDevices(in db: Database) throws -> [String] {
        try IdentityStore.accepted(in: db)
    }

    /// The record of the device that has a UUID in the update protocol.
    ///
    /// - Throws: ``InventoryError/unknownIdentity(_:)``.
    package func deviceID(ofIdentity id: String) async throws -> String {
        guard UniqueID.isValid(id), let found = try await store.lookUp({ db in try IdentityStore.find(id: id, in: db) })
        else {
            throw InventoryError.unknownIdentity(id)
        }
        return found.deviceID
    }

    /// Records of the devices that have these UUIDs in the update protocol; others are passed over.
    package func deviceIDs(ofIdentities ids: [String]) async throws -> [String] {
        try await store.read { db in try IdentityStore.deviceIDs(ofIdentities: ids, in: db) }
    }

    /// How many devices of each tier have each status: status → tier → number.
    package func deviceStatistics() async throws -> [String: [String: Int]] {
        try await store.read { db in try IdentityStore.statistics(in: db) }
    }
}
