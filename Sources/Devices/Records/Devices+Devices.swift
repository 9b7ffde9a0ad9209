package import Journal
package import Secrets
package import Store
package import Wire

extension Devices {
    package func device(_ id: String) async throws -> Device {
        guard let device = try await store.read({ db in try DeviceStore.find(id, in: db) }) else {
            throw DevicesError.unknownDevice(id)
        }
        return device
    }

    /// The record of a device inside of a transaction; `nil` when there is none.
    package func device(_ id: String, in db: Database) throws -> Device? {
        try DeviceStore.find(id, in: db)
    }

    /// Inserts or replaces a record.
    package func save(_ device: Device, in db: Database) throws {
        try DeviceStore.save(device, in: db)
    }

    /// Removes a record as if it had never been, with everything kept of the device.
    func remove(_ id: String, in db: Database) throws {
        try DeviceStore.remove(id, in: db)
    }

    /// The approved device that holds a certificate for the key of this fingerprint.
    func holder(fingerprint: String, in db: Database) throws -> String? {
        try DeviceStore.holder(fingerprint: fingerprint, now: now(), in: db)
    }

    /// IDs and serials of approved devices whose newest certificate ends by a moment, Unix seconds, those that end
    /// first in front.
    ///
    /// - Parameter device: looks at this one only.
    package func certified(
        endingBy moment: Int64, device: String? = nil, in db: Database
    ) throws -> [(id: String, serial: String)] {
        try DeviceStore.certified(endingBy: moment, device: device, in: db)
    }

    /// Devices in the order of their IDs, after one.
    package func devices(state: DeviceState?, after: String, limit: Int) async throws -> [Device] {
        try await store.read { db in try DeviceStore.page(state: state, after: after, limit: limit, in: db) }
    }

    /// How many devices are in each state.
    package func deviceCounts() async throws -> [DeviceState: Int] {
        try await store.read { db in try DeviceStore.counts(in: db) }
    }

    /// How often each of these devices asked, as far as it was written down.
    package func sightings(of devices: [String]) async throws -> [DeviceID: Int] {
        try await store.read { db in try SightingStore.counts(of: devices, in: db) }
    }

    /// Records that a device asked without a proof the hub could accept, so that the operator sees it.
    ///
    /// Pending devices are bounded per address and in total; past the bound of an address the device is answered the
    /// same, but not stored; past the total it takes the place of one from the most crowded source (``WaitingCrowd``).
    /// A known one is written again at most every ``sightingSeconds``, and as often when another key asks in its name:
    /// the key that was first is the one that is shown. An open pairing window may approve the device at once.
    /// What a stranger claims never changes the record of a device that holds a certificate: the operator compares
    /// fingerprints with it.
    /// - Parameters:
    ///   - hasSecret: whether a secret is registered for it, although this request proved none: then it needs no
    ///     window.
    ///   - isProven: the device showed its own certificate, which has ended: it waits again.
    /// - Throws: ``DevicesError/invalidDeviceID(_:)``, ``DevicesError/deviceNameTaken(_:ou:)``: then it is not
    ///   recorded.
    @discardableResult
    package func recordPending(
        _ id: String, _ sighting: Sighting, hasSecret: Bool = false, isProven: Bool = false, by requester: Requester
    ) async throws -> PendingOutcome {
        let isWorthWriting = try await store.lookUp { db in
            try self.isWorthWriting(id, sighting, hasSecret: hasSecret, isProven: isProven, in: db)
        }
        guard isWorthWriting else { return PendingOutcome(waiting: pendingEstimate.value, isApproved: false) }
        return try await store.write { [self] db in
            let waiting = try DeviceStore.pendingCount(in: db)
            pendingEstimate.set(waiting)
            let found = try DeviceStore.find(id, in: db)
            try admit(id, found, in: db)
            let window = try windows.openWindow(in: db)
            guard
                var device = try found
                    ?? firstSighting(id, sighting, window, waiting, hasSecret: hasSecret, by: requester, in: db)
            else { return PendingOutcome(waiting: waiting, isApproved: false) }
            guard device.state != .approved || isProven else {
                return PendingOutcome(waiting: waiting, isApproved: false)
            }
            if isProven, device.state == .approved {
                device.state = .pending
                try journal.audit("device.pending", id, by: requester, detail: ["reason": "certificate ended"], in: db)
                try journal.notify(.pending, id, detail: ["reason": "certificate ended"], in: db)
            }
            let isApproved = windows.approves(window, device, sighting, hasSecret: hasSecret)
            // A window admits every device that asks in it; a proof is worth more than being first.
            if isProven || isApproved {
                device.see(sighting, at: now())
            } else {
                device.wait(sighting, at: now())
            }
            if isApproved { device.approvedFingerprint = device.fingerprint }
            try DeviceStore.save(device, in: db)
            try SightingStore.count(id, in: db)
            if isApproved, let window { try noteApproval(of: device, by: window, in: db) }
            return PendingOutcome(waiting: waiting, isApproved: isApproved)
        }
    }

    /// Whether a request tells something new: most tell nothing, and must not cost the writer a transaction.
    private func isWorthWriting(
        _ id: String, _ sighting: Sighting, hasSecret: Bool, isProven: Bool, in db: Database
    ) throws -> Bool {
        let window = try windows.openWindow(in: db)
        let found = try DeviceStore.find(id, in: db)
        try admit(id, found, in: db)
        guard let known = found else {
            return try windows.admitsUnknown(window, hasSecret: hasSecret) && hasPlace(sighting.address, in: db)
                && !isCrowding(sighting.address)
        }
        guard known.state != .approved || isProven else { return false }
        return isNews(sighting, of: known, isProven: isProven)
            || windows.approves(window, known, sighting, hasSecret: hasSecret)
    }

    private func hasPlace(_ address: String, in db: Database) throws -> Bool {
        try DeviceStore.pendingCount(address: address, in: db) < limits.pendingPerAddress
    }

    /// A record for a device nobody knows; `nil` past the bounds or outside of the pairing window that is required.
    private func firstSighting(
        _ id: String, _ sighting: Sighting, _ window: PairingWindow?, _ waiting: Int, hasSecret: Bool,
        by requester: Requester, in db: Database
    ) throws -> Device? {
        guard windows.admitsUnknown(window, hasSecret: hasSecret), try hasPlace(sighting.address, in: db) else {
            return nil
        }
        if waiting >= limits.pendingTotal {
            guard try WaitingCrowd.makeRoom(for: sighting.address, in: db) != nil else { return nil }
            try journal.audit("device.crowded", id, by: requester, cause: .crowd, in: db)
        }
        var device = Device(id: id, state: .pending, seen: now())
        if let window, !hasSecret {
            device.deviceType = window.deviceType
            if !window.approves { try windows.countUse(in: db) }
        }
        guard try journal.auditLine("device.pending", id, by: requester, cause: .newcomer, in: db) else {
            return device
        }
        try journal.notify(
            .pending, id,
            detail: ["address": sighting.address, "fingerprint": sighting.fingerprint ?? ""], in: db)
        return device
    }

    /// Whether an address, or all of its prefix, asks for room too often while there is none: each try costs the writer
    /// a transaction.
    private func isCrowding(_ address: String) -> Bool {
        guard pendingEstimate.value >= limits.pendingTotal else { return false }
        guard crowding.take(address, interval: Self.crowdingSeconds, now: steady()) == nil else { return true }
        let source = NetworkAddress.source(of: address)
        return source != address && crowdingOfPrefixes.take(source, interval: 1, now: steady()) != nil
    }

    /// While as many devices wait as may, an address may try to be recorded once in this time, in seconds, after a few
    /// tries at once.
    private static let crowdingSeconds: Int64 = 8

    private func noteApproval(of device: Device, by window: PairingWindow, in db: Database) throws {
        let fingerprint = device.approvedFingerprint ?? ""
        try windows.countUse(in: db)
        try journal.audit(
            "device.approve", device.id, by: .hub,
            detail: ["fingerprint": fingerprint, "by": "pairing window", "window of": window.openedBy], in: db)
        try journal.notify(.approved, device.id, detail: ["by": "pairing window", "fingerprint": fingerprint], in: db)
    }

    /// Approves the key a pending device asked with, compared by eye: its next request with that key needs no secret.
    ///
    /// - Parameter fingerprint: SHA-256 of its public key, hexadecimal; spaces and colons are ignored.
    package func approve(_ id: String, fingerprint: String, by requester: Requester) async throws {
        let digits = fingerprint.lowercased().filter { $0 != ":" && $0 != " " }
        guard digits.utf8.count == 64, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw DevicesError.invalidFingerprint
        }
        try await store.write { [self] db in
            guard var device = try DeviceStore.find(id, in: db) else { throw DevicesError.unknownDevice(id) }
            guard let asked = device.fingerprint else { throw DevicesError.nothingToApprove(id) }
            // Where several asked in one name the operator says which it is: by what the device itself shows.
            guard asked == digits || device.mayHaveAsked(with: digits) else {
                throw DevicesError.fingerprintMismatch(id)
            }
            try admit(id, device, in: db)
            device.fingerprint = digits
            device.approvedFingerprint = digits
            device.forgetOtherKeys()
            readmit(&device)
            try DeviceStore.save(device, in: db)
            try journal.audit("device.approve", id, by: requester, detail: ["fingerprint": digits], in: db)
            try journal.notify(.approved, id, detail: ["by": "fingerprint", "fingerprint": digits], in: db)
        }
    }

    /// Approves a device by registering the secret it waits for.
    package func approve(_ id: String, secret: NewSecret, by requester: Requester) async throws {
        _ = try await device(id)
        try await addSecret(secret, replacing: true, isRegistration: false, by: requester)
        try await store.write { [self] db in
            guard var device = try DeviceStore.find(id, in: db) else { throw DevicesError.unknownDevice(id) }
            readmit(&device)
            try DeviceStore.save(device, in: db)
            try journal.audit("device.approve", id, by: requester, detail: ["by": "secret"], in: db)
            try journal.notify(.approved, id, detail: ["by": "secret"], in: db)
        }
    }

    /// Ends a device's right to enrol, in the transaction that says why: its secret and its approved key are dropped,
    /// and what others keep of it with them (``DeviceEndWork``). The caller has set the new state, and announces
    /// ``Ending/device(_:)`` once that is durable.
    package func end(_ device: inout Device, in db: Database) throws {
        device.approvedFingerprint = nil
        try DeviceStore.save(device, in: db)
        try secrets.remove(of: device.id, in: db)
        try endWork.run(device, in: db)
        switch device.state {
        case .rejected: try journal.notify(.refused, device.id, detail: ["by": "operator"], in: db)
        case .revoked: try journal.notify(.revoked, device.id, in: db)
        default: break
        }
        try journal.clearAlarm(.certificateExpiring, device.id, in: db)
        try journal.clearAlarm(.secretLocked, device.id, in: db)
    }

    /// Whether a device of that ID is known and may not do anything.
    package func isShutOut(_ id: String) async throws -> Bool {
        try await store.read { db in try DeviceStore.find(id, in: db).map { !$0.state.mayEnrol } ?? false }
    }

    /// An operator's approval brings a device back that was refused, revoked or removed.
    private func readmit(_ device: inout Device) {
        if !device.state.mayEnrol { device.state = .pending }
    }

    /// Deletes devices that asked once and never again: otherwise anybody who invents names could fill the list.
    package func removeForgottenPending() async throws {
        try await store.write { [journal] db in
            try DeviceStore.removePending(seenBefore: journal.slowTime - Self.pendingSeconds, in: db)
        }
    }

    /// Notes that an approved device is there, by a proof that was judged elsewhere; written down at most every
    /// 15 minutes.
    package func noteSeen(_ id: String, from address: String) async throws {
        let seconds = now()
        @Sendable func isNews(_ device: Device?) -> Bool {
            device.map { $0.state == .approved && !(0..<Self.seenSeconds).contains(seconds - $0.lastSeen) } ?? false
        }
        guard isNews(try await store.lookUp({ db in try DeviceStore.find(id, in: db) })) else { return }
        try await store.write { db in
            guard var device = try DeviceStore.find(id, in: db), isNews(device) else { return }
            device.see(Sighting(address: address, mac: "", fingerprint: nil), at: seconds)
            try DeviceStore.save(device, in: db)
        }
    }

    private static let seenSeconds: Int64 = 900

    /// A pending device that does not ask again is kept for this time, in seconds: a day.
    private static let pendingSeconds: Int64 = 86_400

    private func isNews(_ sighting: Sighting, of device: Device, isProven: Bool) -> Bool {
        guard device.state != .approved else { return true }
        func isLongAgo(_ moment: Int64) -> Bool { !(0..<Self.sightingSeconds).contains(now() - moment) }
        guard !isProven, !device.isFirstKey(sighting) else { return isLongAgo(device.lastSeen) }
        return device.isNewKey(sighting) || isLongAgo(device.otherSeen ?? 0)
    }

    /// A waiting device that polls is written down at most this often, in seconds.
    static let sightingSeconds: Int64 = 20
}

/// What became of a device that asked without a proof.
package struct PendingOutcome: Sendable, Equatable {
    /// How many devices wait, as far as known: the poll interval grows with it.
    package let waiting: Int
    /// Whether a pairing window approved the key it asked with just now.
    package let isApproved: Bool
}

extension Device {
    /// Takes over what a request showed.
    package mutating func see(_ sighting: Sighting, at seconds: Int64) {
        lastSeen = max(lastSeen, seconds)
        address = sighting.address
        if !sighting.mac.isEmpty { mac = sighting.mac }
        if let fingerprint = sighting.fingerprint { self.fingerprint = fingerprint }
    }

    /// Takes over what a request of a waiting device showed. Anybody may ask in its name: the key that was first stays,
    /// with what it showed, and others are only counted, until the first has not asked for so long that the record is
    /// forgotten.
    mutating func wait(_ sighting: Sighting, at seconds: Int64) {
        guard !isFirstKey(sighting) else { return see(sighting, at: seconds) }
        if isNewKey(sighting), let fingerprint = sighting.fingerprint { otherFingerprints.append(fingerprint) }
        guard seconds - (otherSeen ?? 0) >= Devices.sightingSeconds else { return }
        otherKeys += 1
        otherSeen = seconds
    }

    /// Whether another key is one that nobody wrote down yet, while there is room for it: the device's own key must not
    /// be missed because a stranger asks as well.
    func isNewKey(_ sighting: Sighting) -> Bool {
        guard let fingerprint = sighting.fingerprint, otherFingerprints.count < Self.otherKeyLimit else { return false }
        return !otherFingerprints.contains(fingerprint)
    }

    /// Whether a key is one of the others that asked. With more of them than are kept, or with those of a release that
    /// kept none, nobody can tell.
    func mayHaveAsked(with fingerprint: String) -> Bool {
        otherFingerprints.contains(fingerprint)
            || (otherKeys > 0 && (otherFingerprints.isEmpty || otherFingerprints.count >= Self.otherKeyLimit))
    }

    /// Which key is the device's is decided.
    package mutating func forgetOtherKeys() {
        otherKeys = 0
        otherFingerprints = []
    }

    func isFirstKey(_ sighting: Sighting) -> Bool {
        fingerprint == nil || sighting.fingerprint == fingerprint
    }
}
