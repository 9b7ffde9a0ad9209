internal import Journal
internal import PKI
internal import Store
internal import Wire

/// A token that a device is given.
package struct DeviceTokenGrant: Sendable {
    /// The accepted key (auth set) it is given for.
    package let key: String
    package let identity: String
    /// Unix seconds.
    package let issuedAt: Int64
    package let endsAt: Int64
}

/// Tokens of devices (docs/protocols/mender.md 3.3, 4): who gets one, and whose one is.
extension Identities {
    /// Seconds a device's token counts: 7 days, as the original's.
    package static let deviceTokenSeconds: Int64 = 604_800

    /// A token for a device whose key may have one; `nil` while it waits for the operator or was refused.
    ///
    /// A key is accepted at once when the connection proves a certificate of the hub, when the hub certified that same
    /// key (the device proved its secret then), when it was preauthorised, or when the operator approved its
    /// fingerprint. Otherwise the device is remembered as pending within the bounds of all pending devices. What waits
    /// already costs no write.
    ///
    /// - Parameter claims: what the token says of itself, a JSON object in the words of the device's protocol. No two
    ///   tokens may say the same: the older one would not end.
    package func authenticate(
        _ request: AuthenticationRequest, claims: @escaping @Sendable (DeviceTokenGrant) -> [UInt8]
    ) async throws -> String? {
        let (known, proven) = try await store.lookUp { [self] db in
            (try IdentityStore.find(key: request.identityKey, in: db), try provenRecord(request, in: db))
        }
        if proven == nil, let known, try await isWaiting(known, request) { return nil }
        if let proven, changes(known, of: proven, request),
            keyChanges.take(proven, interval: Self.keyChangeSeconds, now: steady()) != nil
        {
            return nil
        }
        var newRecord: String?
        if proven == nil, known == nil {
            let id = UniqueID.make()
            try await devices.recordPending(
                id, Sighting(address: request.address, mac: "", fingerprint: request.publicKey.fingerprint),
                by: request.requester)
            // Past the bounds of pending devices: strangers who invent names must not cost a second write.
            guard try await store.lookUp({ [self] db in try devices.device(id, in: db) }) != nil else { return nil }
            newRecord = id
        }
        let outcome: Admission = try await store.write { [self, newRecord] db in
            let (found, emptied) = try identity(for: request, newRecord: newRecord, in: db)
            guard let identity = found, var device = try devices.device(identity.deviceID, in: db),
                !identity.isShutOut, device.state != .removed
            else { return Admission(token: nil, ended: emptied) }
            let isProven = try DeviceID(provenRecord(request, in: db)) == DeviceID(device.id)
            guard let set = try admit(request, identity, &device, isProven: isProven, in: db) else {
                return Admission(token: nil, ended: emptied)
            }
            // Its links were opened with the token of the key that counted until now.
            let isReplaced = identity.acceptedSet.map { $0.id != set.id } ?? false
            return Admission(
                token: try giveToken(to: set, of: identity, claims, in: db),
                ended: emptied + (isReplaced ? [device.id] : []))
        }
        for deviceID in outcome.ended { journal.endings.announce(.device(DeviceID(deviceID))) }
        return outcome.token
    }

    /// What came of a request for a token.
    private struct Admission: Sendable {
        let token: String?
        /// Records whose tokens ended by it.
        let ended: [String]
    }

    /// Whose token this is; `nil` when it is not valid.
    package func session(deviceToken token: String) async throws -> DeviceSession? {
        guard token.utf8.count <= Self.tokenLimit else { return nil }
        let digest = SHA256.hash(Array(token.utf8))
        let version = store.version(of: sessionTables)
        if let kept = sessions.value(digest, version: version) { return kept.endsAt > now() ? kept.session : nil }
        guard let found = try await store.lookUp({ db in try IdentityStore.session(token: digest, in: db) }) else {
            return nil
        }
        sessions.keep(found, for: digest, version: version)
        return found.endsAt > now() ? found.session : nil
    }

    /// Whether a key of a device is valid, and the device admitted.
    package func isAccepted(authSet id: String, ofDevice deviceID: String) async throws -> Bool {
        try await store.lookUp { db in try IdentityStore.isAccepted(id, of: deviceID, in: db) }
    }

    /// Longest token that is looked at, in bytes.
    package static let tokenLimit = 4096

    /// The record whose right the request proves by certificate or certified key.
    private func provenRecord(_ request: AuthenticationRequest, in db: Database) throws -> String? {
        if let id = request.certifiedDeviceID {
            return try devices.device(id, in: db)?.state == .approved ? id : nil
        }
        return try devices.holder(fingerprint: request.publicKey.fingerprint, in: db)
    }

    /// Whether a device that proves to be known comes with another key or another name than the last time. Each costs
    /// lines of the audit trail, so that one that does so in a loop has to wait.
    private func changes(_ known: DeviceIdentity?, of deviceID: String, _ request: AuthenticationRequest) -> Bool {
        guard let known, DeviceID.isSame(known.deviceID, deviceID), let accepted = known.acceptedSet else {
            return true
        }
        return accepted.publicKey != request.publicKey.pem()
    }

    /// After some changes at once a device may change its key or name once in this time, in seconds.
    private static let keyChangeSeconds: Int64 = 600

    /// Whether a known device has nothing new to say: then its record is at most marked as seen.
    private func isWaiting(_ identity: DeviceIdentity, _ request: AuthenticationRequest) async throws -> Bool {
        let pem = request.publicKey.pem()
        guard let set = identity.authSets.first(where: { $0.publicKey == pem }) else {
            guard !identity.isShutOut else { return true }
            return try await store.lookUp { [self] db in
                guard try !hasRoomForKeys(identity, in: db) else { return false }
                let approved = try devices.device(identity.deviceID, in: db)?.approvedFingerprint
                return approved != request.publicKey.fingerprint
            }
        }
        switch identity.status(of: set) {
        case .accepted, .preauthorized: return false
        case .rejected: return true
        case .pending:
            try await devices.recordPending(
                identity.deviceID,
                Sighting(address: request.address, mac: "", fingerprint: request.publicKey.fingerprint),
                by: request.requester)
            let approved = try await store.lookUp { [self] db in
                try devices.device(identity.deviceID, in: db)?.approvedFingerprint
            }
            return approved != request.publicKey.fingerprint
        }
    }

    /// The identity of a request, tied to the record it proves, made when there is none; `nil` past the bounds of
    /// pending devices. Beside it records that are nobody's any more.
    private func identity(
        for request: AuthenticationRequest, newRecord: String?, in db: Database
    ) throws -> (DeviceIdentity?, emptied: [String]) {
        let proven = try provenRecord(request, in: db)
        if let found = try IdentityStore.find(key: request.identityKey, in: db) {
            // Two first requests at once: the other one was faster.
            if let newRecord, !DeviceID.isSame(newRecord, found.deviceID) { try devices.remove(newRecord, in: db) }
            guard let proven, !DeviceID.isSame(proven, found.deviceID), try mayTie(found, to: proven, request, in: db)
            else {
                return (found, [])
            }
            try tie(found, to: proven, by: request.requester, in: db)
            return (try IdentityStore.find(id: found.id, in: db), [found.deviceID])
        }
        guard let deviceID = proven ?? newRecord, try devices.device(deviceID, in: db) != nil else {
            return (nil, [])
        }
        if let old = try IdentityStore.find(deviceID: deviceID, in: db) {
            // The same device under another name: the old name ends with its tokens.
            try IdentityStore.remove(old.id, in: db)
            try journal.audit(
                "identity.replace", deviceID, by: request.requester, detail: ["was": old.data], cause: .known, in: db)
        }
        let identity = DeviceIdentity(
            id: DeviceID(deviceID) == DeviceID(newRecord) ? deviceID : UniqueID.make(), deviceID: deviceID,
            data: request.identity,
            tier: request.tier, createdAt: now(), updatedAt: now(), authSets: [])
        try IdentityStore.insert(identity, key: request.identityKey, in: db)
        // What a stranger calls himself may be as long as a page.
        let shown = String(decoding: identity.data.utf8.prefix(1024), as: UTF8.self)
        try journal.audit(
            "identity.add", deviceID, by: request.requester, detail: ["identity": shown],
            cause: proven == nil ? .newcomer : .known, in: db)
        return (identity, [])
    }

    /// Whether an identity may go to the record a request proves: the request is signed with the key that the operator
    /// has admitted for it, or it waits and is that device's. The holder of a certificate can't take the name of
    /// another device; its key waits there.
    private func mayTie(
        _ identity: DeviceIdentity, to deviceID: String, _ request: AuthenticationRequest, in db: Database
    ) throws -> Bool {
        guard let stand = try devices.device(identity.deviceID, in: db), stand.serial == nil, !identity.isShutOut
        else { return false }
        let admitted = identity.authSets.filter { $0.status == .accepted || $0.status == .preauthorized }
        let pem = request.publicKey.pem()
        guard admitted.isEmpty else { return admitted.contains { $0.publicKey == pem } }
        // Anybody may have put a key beside the one that came first. Of two that came in one second none is known to be
        // the first.
        guard let first = identity.authSets.first, first.status == .pending,
            identity.authSets.dropFirst().allSatisfy({ $0.createdAt > first.createdAt })
        else { return false }
        if first.publicKey == pem { return true }
        let key = try PublicKey(pem: first.publicKey)
        return try DeviceID(devices.holder(fingerprint: key.fingerprint, in: db))
            == DeviceID(deviceID)
    }

    /// Moves an identity from the record it had so far to the one the device has proved to be.
    private func tie(
        _ identity: DeviceIdentity, to deviceID: String, by requester: Requester, in db: Database
    ) throws {
        if let old = try IdentityStore.find(deviceID: deviceID, in: db) { try IdentityStore.remove(old.id, in: db) }
        try IdentityStore.move(identity.id, to: deviceID, in: db)
        if var stand = try devices.device(identity.deviceID, in: db) {
            // What it was to install ends: it will never ask again.
            let wasWaiting = stand.state == .pending
            stand.state = .removed
            try devices.end(&stand, in: db)
            if wasWaiting { try devices.remove(stand.id, in: db) }
        }
        try journal.audit(
            "identity.tie", deviceID, by: requester, detail: ["identity": identity.data], cause: .known, in: db)
    }

    /// The accepted key of the request; `nil` when it has to wait.
    private func admit(
        _ request: AuthenticationRequest, _ identity: DeviceIdentity, _ device: inout Device, isProven: Bool,
        in db: Database
    ) throws -> AuthSet? {
        let pem = request.publicKey.pem()
        var set: AuthSet
        if let found = identity.authSets.first(where: { $0.publicKey == pem }) {
            set = found
        } else {
            let isKnown = isProven || device.approvedFingerprint == request.publicKey.fingerprint
            guard try makeRoom(in: identity, isKnown: isKnown, in: db) else { return nil }
            set = AuthSet(id: UniqueID.make(), publicKey: pem, status: .pending, createdAt: now())
            try IdentityStore.insert(set, of: identity.id, keyHash: request.keyHash, in: db)
            try IdentityStore.touch(identity.id, at: now(), in: db)
            if identity.createdAt != now() || !identity.authSets.isEmpty {
                try journal.audit(
                    "identity.key", device.id, by: request.requester,
                    detail: ["fingerprint": request.publicKey.fingerprint], cause: isKnown ? .known : .newcomer,
                    in: db)
            }
        }
        if set.status == .accepted { return device.state == .approved ? set : nil }
        let isApproved = device.approvedFingerprint == request.publicKey.fingerprint
        guard isProven || isApproved || set.status == .preauthorized else { return nil }
        // Refused by eye stays refused, whatever else the device proves.
        guard set.status != .rejected else { return nil }
        guard try hasRoom(for: identity, in: db) else { return nil }
        let way = isProven ? "certificate" : isApproved ? "fingerprint" : "preauthorisation"
        device.approvedFingerprint = nil
        device.see(Sighting(address: request.address, mac: "", fingerprint: nil), at: now())
        try accept(set, of: identity, device: &device, way: way, by: request.requester, in: db)
        return set
    }

    /// Whether one more key may be remembered. A device that proves itself makes room for its new key: one that renews
    /// its certificate with a fresh key each time would be shut out by its own old keys.
    private func makeRoom(in identity: DeviceIdentity, isKnown: Bool, in db: Database) throws -> Bool {
        if try isKnown ? identity.authSets.count < Self.authSetLimit : hasRoomForKeys(identity, in: db) { return true }
        guard isKnown, let old = identity.authSets.first(where: { $0.status == .rejected || $0.status == .pending })
        else { return false }
        try IdentityStore.removeSet(old.id, in: db)
        return true
    }

    /// Whether a stranger's key may be remembered: the first of an identity always, others as long as not very many
    /// wait at the hub.
    private func hasRoomForKeys(_ identity: DeviceIdentity, in db: Database) throws -> Bool {
        guard !identity.authSets.isEmpty else { return true }
        guard identity.authSets.count < Self.authSetLimit else { return false }
        return try IdentityStore.pendingCount(in: db) < 2 * devices.limits.pendingTotal
    }

    private func giveToken(
        to set: AuthSet, of identity: DeviceIdentity, _ claims: (DeviceTokenGrant) -> [UInt8], in db: Database
    ) throws -> String {
        let issuedAt = now()
        let grant = DeviceTokenGrant(
            key: set.id, identity: identity.id, issuedAt: issuedAt, endsAt: issuedAt + Self.deviceTokenSeconds)
        let token = try tokens.sign(claims: claims(grant))
        try IdentityStore.setToken(
            SHA256.hash(Array(token.utf8)), endsAt: grant.endsAt, of: set.id, identity: identity.id, at: issuedAt,
            in: db)
        return token
    }

    /// Keys one device may try: more are refused until the operator removes some.
    static let authSetLimit = 16
}
