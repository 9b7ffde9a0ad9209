internal import Devices
internal import Journal
internal import JournalTestSupport
internal import Store
import Wire

/// Records as requests, certificates and operators leave them.
extension DevicesRig {
    /// A fingerprint whose bytes are all the same.
    static func fingerprint(_ byte: String) -> String { String(repeating: byte, count: 32) }

    /// A device asks without a proof.
    @discardableResult
    func ask(
        _ id: String, from address: String = "192.0.2.1", key: String? = "aa", mac: String = "",
        hasSecret: Bool = false, isProven: Bool = false
    ) async throws -> PendingOutcome {
        try await rooms.devices.recordPending(
            id, Sighting(address: address, mac: mac, fingerprint: key.map(Self.fingerprint)), hasSecret: hasSecret,
            isProven: isProven, by: .stranger(at: address))
    }

    /// Writes a record as another part of the hub would; with a serial it has a certificate of a year.
    func put(
        _ id: String, _ state: DeviceState, serial: String? = nil, change: @Sendable (inout Device) -> Void = { _ in }
    ) async throws {
        var device = Device(id: id, state: state, seen: clock.now)
        device.serial = serial
        device.notAfter = serial.map { _ in clock.now + 365 * 86_400 }
        change(&device)
        try await base.store.write { [rooms, device] db in try rooms.devices.save(device, in: db) }
    }

    /// Ends a device's right to enrol, as whoever revokes, rejects or removes it does.
    func end(_ id: String, as state: DeviceState) async throws {
        try await base.store.write { [rooms] db in
            guard var device = try rooms.devices.device(id, in: db) else { throw DevicesError.unknownDevice(id) }
            device.state = state
            try rooms.devices.end(&device, in: db)
        }
        journal.endings.announce(.device(DeviceID(id)))
    }

    /// A device's record; `nil` when there is none.
    func record(_ id: String) async throws -> Device? {
        try await base.store.read { [rooms] db in try rooms.devices.device(id, in: db) }
    }

    /// IDs of devices in a state, or of all.
    func ids(_ state: DeviceState? = nil) async throws -> [String] {
        try await rooms.devices.devices(state: state, after: "", limit: 20_000).map(\.id)
    }

    /// Events of the trail, oldest first.
    func events(of subject: String? = nil) async throws -> [AuditEvent] {
        try await journal.auditEvents(before: nil, subject: subject, limit: 20_000).reversed()
    }

    /// What the trail says was done to a subject, oldest first.
    func actions(of subject: String? = nil) async throws -> [String] {
        try await events(of: subject).map(\.action)
    }
}
