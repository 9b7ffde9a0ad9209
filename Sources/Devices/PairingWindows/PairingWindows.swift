package import Journal
internal import Store

/// The times in which unknown devices are welcome: one window at most is open.
package final class PairingWindows: Sendable {
    let journal: Journal
    let store: Store
    let now: @Sendable () -> Int64
    /// Whether devices nobody knows are recorded only while a window is open.
    private let isRequired: Bool

    /// Makes the part over a store whose migrations include those of ``Devices``.
    package init(journal: Journal, limits: DevicesLimits = DevicesLimits()) {
        self.journal = journal
        (store, now) = (journal.store, journal.now)
        isRequired = limits.windowRequired
        journal.add(
            RecordKeeper(hasRecords: { _ in false }) { now, journal, db in
                try Self.closeFutureWindow(at: now, journal, in: db)
            })
    }

    /// The window that is open now; `nil` when there is none.
    package func current() async throws -> PairingWindow? {
        try await store.read { [self] db in try openWindow(in: db) }
    }

    /// Opens a window; one that is open is replaced. It survives a restart.
    ///
    /// - Throws: ``DevicesError/invalidPairing(reason:)``.
    package func open(_ new: NewPairingWindow, by requester: Requester) async throws -> PairingWindow {
        try Self.check(new)
        let window = PairingWindow(
            openedAt: now(), closesAt: now() + Int64(new.minutes) * 60, openedBy: requester.name,
            deviceType: new.deviceType, limit: new.limit ?? (new.approves ? 1 : nil), approves: new.approves, used: 0)
        try await store.write { [self] db in
            try PairingWindowStore.save(window, in: db)
            try journal.audit(
                "pairing.open", "window", by: requester,
                detail: [
                    "minutes": "\(new.minutes)", "approves": "\(window.approves)",
                    "limit": window.limit.map(String.init) ?? "none", "deviceType": window.deviceType ?? "any",
                ], in: db)
        }
        return window
    }

    /// Closes the window before its time.
    ///
    /// - Throws: ``DevicesError/noPairingWindow``.
    package func close(by requester: Requester) async throws {
        try await store.write { [self] db in
            guard let window = try openWindow(in: db) else { throw DevicesError.noPairingWindow }
            try close(window, reason: "closed", by: requester, in: db)
        }
    }

    /// Notes in the trail that a window's time is over; called every now and then.
    package func sweep() async throws {
        guard let window = try await store.lookUp({ db in try PairingWindowStore.find(in: db) }),
            window.closesAt <= now()
        else {
            return
        }
        try await store.write { [self] db in
            guard let window = try PairingWindowStore.find(in: db), window.closesAt <= now() else { return }
            try close(window, reason: "time over", by: .hub, in: db)
        }
    }

    /// Closes a window that was opened later than now: the clock was set back, nobody knows when its time is over, and
    /// it must not open again by itself.
    static func closeFutureWindow(at now: Int64, _ journal: Journal, in db: Database) throws {
        guard let window = try PairingWindowStore.find(in: db), window.openedAt > now + ClockKeeper.tolerance else {
            return
        }
        try PairingWindowStore.remove(in: db)
        try journal.audit(
            "pairing.close", "window", by: .hub,
            detail: ["reason": "the clock was set back", "devices": "\(window.used)"], in: db)
    }

    func openWindow(in db: Database) throws -> PairingWindow? {
        // A clock that was set back must not make a window longer than it was meant to be; the next look at the clock
        // closes it.
        try PairingWindowStore.find(in: db).flatMap { window in
            (window.openedAt - ClockKeeper.tolerance..<window.closesAt).contains(now()) ? window : nil
        }
    }

    /// Whether a device that was never seen may be recorded.
    ///
    /// - Parameter hasSecret: whether a secret is registered for it: then somebody expects it.
    func admitsUnknown(_ window: PairingWindow?, hasSecret: Bool) -> Bool {
        guard isRequired, !hasSecret else { return true }
        return window.map { $0.approves || !$0.isFull } ?? false
    }

    /// Whether a window approves a device when it asks now, with the key it asks with.
    func approves(_ window: PairingWindow?, _ device: Device, _ sighting: Sighting, hasSecret: Bool) -> Bool {
        guard let window, window.approves, !window.isFull, !hasSecret else { return false }
        return device.state == .pending && device.approvedFingerprint == nil && sighting.fingerprint != nil
    }

    /// Counts a device against the limit of the window.
    func countUse(in db: Database) throws {
        try PairingWindowStore.countUse(in: db)
    }

    private func close(
        _ window: PairingWindow, reason: String, by requester: Requester, in db: Database
    ) throws {
        try PairingWindowStore.remove(in: db)
        try journal.audit(
            "pairing.close", "window", by: requester, detail: ["reason": reason, "devices": "\(window.used)"], in: db)
    }

    private static func check(_ new: NewPairingWindow) throws(DevicesError) {
        guard (1...120).contains(new.minutes) else {
            throw .invalidPairing(reason: "a window is open for 1 to 120 minutes")
        }
        if let limit = new.limit, !(1...1000).contains(limit) {
            throw .invalidPairing(reason: "a limit is 1 to 1000 devices")
        }
        if let type = new.deviceType {
            let isPlain = type.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
            guard isPlain, (1...64).contains(type.utf8.count) else {
                throw .invalidPairing(reason: "a device type has 1 to 64 bytes and no control characters")
            }
        }
    }
}
