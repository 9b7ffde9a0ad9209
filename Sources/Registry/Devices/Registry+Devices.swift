package import GRDB
internal import Store
internal import Wire

extension Registry {
    /// The device of that ID.
    package func device(_ id: String) async throws -> Device {
        guard let device = try await store.read({ db in try DeviceStore.find(id, in: db) }) else {
            throw RegistryError.unknownDevice(id)
        }
        return device
    }

    /// Devices in the order of their IDs, after one.
    package func devices(state: DeviceState?, after: String, limit: Int) async throws -> [Device] {
        try await store.read { db in try DeviceStore.page(state: state, after: after, limit: limit, in: db) }
    }

    /// How many devices stand in each state.
    package func deviceCounts() async throws -> [DeviceState: Int] {
        try await store.read { db in try DeviceStore.counts(in: db) }
    }

    /// Remembers that a device asked without a proof the hub could accept, so that the operator sees it.
    ///
    /// Pending devices are bounded per address and in total; past the bound the device is answered the same, but not stored.
    /// A known one is written again at most every ``sightingSeconds``.
    /// What a stranger claims never changes the record of a device that holds a certificate: the operator compares fingerprints with it.
    /// - Parameter isProven: the device showed its own certificate, which has ended: it waits again.
    /// - Returns: how many devices wait, as far as known: the poll interval grows with it.
    @discardableResult
    package func recordPending(
        _ id: String, _ sighting: Sighting, isProven: Bool = false, by requester: Requester
    ) async throws -> Int {
        let known = try store.lookUp { db in try DeviceStore.find(id, in: db) }
        if let known, !isNews(sighting, of: known) { return pendingEstimate.value }
        if let known, known.state == .approved, !isProven { return pendingEstimate.value }
        return try await store.write { [self] db in
            var device = try DeviceStore.find(id, in: db)
            let waiting = try DeviceStore.pendingCount(in: db)
            pendingEstimate.set(waiting)
            if device == nil {
                guard waiting < limits.pendingTotal,
                    try DeviceStore.pendingCount(address: sighting.address, in: db) < limits.pendingPerAddress
                else { return waiting }
                device = Device(id: id, state: .pending, seen: now())
                try audit("device.pending", id, by: requester, in: db)
            }
            guard var device, device.state != .approved || isProven else { return waiting }
            if isProven, device.state == .approved {
                device.state = .pending
                try audit("device.pending", id, by: requester, detail: ["reason": "certificate ended"], in: db)
            }
            device.see(sighting, at: now())
            try DeviceStore.save(device, in: db)
            return waiting
        }
    }

    /// Approves the key a pending device asked with, compared by eye: its next request with that key needs no secret.
    ///
    /// - Parameter fingerprint: SHA-256 of its public key, hexadecimal; spaces and colons are ignored.
    package func approve(_ id: String, fingerprint: String, by requester: Requester) async throws {
        let digits = fingerprint.lowercased().filter { $0 != ":" && $0 != " " }
        guard digits.utf8.count == 64, digits.allSatisfy(\.isHexDigit) else { throw RegistryError.invalidFingerprint }
        try await store.write { [self] db in
            guard var device = try DeviceStore.find(id, in: db) else { throw RegistryError.unknownDevice(id) }
            guard let asked = device.fingerprint else { throw RegistryError.nothingToApprove(id) }
            guard asked == digits else { throw RegistryError.fingerprintMismatch(id) }
            device.approvedFingerprint = digits
            readmit(&device)
            try DeviceStore.save(device, in: db)
            try audit("device.approve", id, by: requester, detail: ["fingerprint": digits], in: db)
        }
    }

    /// Approves a device by registering the secret it waits for.
    package func approve(_ id: String, secret: NewSecret, by requester: Requester) async throws {
        _ = try await device(id)
        try await addSecret(secret, replacing: true, by: requester)
        try await store.write { [self] db in
            guard var device = try DeviceStore.find(id, in: db) else { throw RegistryError.unknownDevice(id) }
            readmit(&device)
            try DeviceStore.save(device, in: db)
            try audit("device.approve", id, by: requester, detail: ["by": "secret"], in: db)
        }
    }

    /// Ends a device's right to enrol, in the transaction that says why: its secret and its approved key are dropped. The caller has
    /// set the new state.
    package func end(_ device: inout Device, in db: Database) throws {
        device.approvedFingerprint = nil
        try DeviceStore.save(device, in: db)
        try SecretStore.remove(device.id, in: db)
    }

    /// An operator's approval brings a device back that was refused, revoked or removed.
    private func readmit(_ device: inout Device) {
        if !device.state.mayEnrol { device.state = .pending }
    }

    /// Forgets devices that asked once and never again: otherwise whoever invents names would fill the list for good.
    package func removeForgottenPending() async throws {
        try await store.write { [now = now()] db in
            try DeviceStore.removePending(seenBefore: now - Self.pendingSeconds, in: db)
        }
    }

    /// A pending device that does not ask again is kept for this time, in seconds: a day.
    private static let pendingSeconds: Int64 = 86_400

    private func isNews(_ sighting: Sighting, of device: Device) -> Bool {
        device.fingerprint != sighting.fingerprint || device.address != sighting.address
            || now() - device.lastSeen >= Self.sightingSeconds
    }

    /// A waiting device that polls is written down at most this often, in seconds.
    static let sightingSeconds: Int64 = 20
}

extension Device {
    /// Takes over what a request showed.
    package mutating func see(_ sighting: Sighting, at seconds: Int64) {
        lastSeen = max(lastSeen, seconds)
        address = sighting.address
        if !sighting.mac.isEmpty { mac = String(sighting.mac.prefix(64)) }
        if let fingerprint = sighting.fingerprint { self.fingerprint = fingerprint }
    }
}
