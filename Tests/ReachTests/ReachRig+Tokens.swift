internal import Devices
internal import Journal
internal import JournalTestSupport
internal import Reach
internal import Store
import Wire

/// Devices and their tokens, as other parts of the hub leave them.
extension ReachRig {
    var reach: Reach { rooms.reach }
    var access: TunnelAccess { rooms.reach.tunnels }

    /// Writes a record.
    func put(_ id: String, _ state: DeviceState = .approved) async throws {
        try await base.store.write { [devices = rooms.devices, now = clock.now] db in
            try devices.save(Device(id: id, state: state, seen: now), in: db)
        }
    }

    /// Ends a device's rights, durably first and then for whoever hears of it.
    func end(_ id: String, as state: DeviceState) async throws {
        try await base.store.write { [devices = rooms.devices] db in
            guard var device = try devices.device(id, in: db) else { throw DevicesError.unknownDevice(id) }
            device.state = state
            try devices.end(&device, in: db)
        }
        base.journal.endings.announce(.device(DeviceID(id)))
    }

    /// A token that an operator makes.
    func issue(
        _ id: String = "lamp", user: String = "ann", scope: TunnelScope = .client, life: Int64 = 3600,
        renewing former: String? = nil
    ) async throws -> (token: TunnelToken, text: String) {
        try await reach.issueTunnelToken(
            for: id, user: user, scope: scope, life: life, renewing: former,
            by: Requester(name: "user \(user)", address: "192.0.2.200"))
    }

    /// The token that a device fetches.
    func fetch(_ id: String = "lamp") async throws -> (token: TunnelToken, text: String) {
        try await reach.fetchTunnelToken(for: id, by: Requester(name: "device \(id)", address: "192.0.2.7"))
    }

    /// Revokes a token, as the operator does.
    func revoke(_ id: String) async throws {
        let token = try await base.store.write { [reach] db in try reach.endTunnelToken(id, by: .hub, in: db) }
        reach.announceEnd(of: token)
    }

    /// Whether a token lets in now.
    func counts(_ text: String) async -> Bool { await access.token(text) != nil }

    /// What the trail says was done to a subject, oldest first.
    func events(of subject: String? = nil) async throws -> [AuditEvent] {
        try await base.journal.auditEvents(before: nil, subject: subject, limit: 20_000).reversed()
    }
}
