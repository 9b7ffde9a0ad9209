import Journal
import Logging
import Reach
import RecordTestSupport
internal import Rooms
import ServiceLifecycle
import Testing
import Wire

@testable import TunnelServer

/// What the audit trail tells about tunnels.
@Suite struct TunnelJournalTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Gives the journal events, and ends, which ends the group with it.
    private struct Tunnels: Service {
        let journal: TunnelJournal
        let events: [TunnelEvent]

        func run() async throws {
            for event in events { journal.add(event) }
        }
    }

    private static func record(_ id: EndID, _ role: TunnelRecord.Role) -> TunnelRecord {
        TunnelRecord(
            id: id, role: role, service: .proxy, transport: .tcp, address: "192.0.2.7", name: "shell", uuid: "u",
            userName: "ann", deviceID: "d1", tokenID: "t1", partner: 3, connectedAt: 0, joinedAt: 0, bytesIn: 5,
            bytesOut: 9)
    }

    @Test func events_HaveTheirLines_AndTheNextRunCountsOn() async throws {
        let rig = try await RecordRig()
        let (reach, trail) = (rig.rooms.reach, rig.rooms.journal)
        #expect(try await reach.beginTunnelRun() == 1)
        let journal = TunnelJournal(reach: reach, now: trail.now, logger: Self.logger)
        var stranger = Self.record(8, .connecting)
        (stranger.userName, stranger.deviceID) = ("", nil)
        let tunnels = Tunnels(
            journal: journal,
            events: [
                .joined(Self.record(6, .server)), .joined(Self.record(7, .client)), .left(Self.record(7, .client)),
                .refused(stranger, purpose: "client", reason: "badToken"),
            ])
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: journal),
                    .init(service: tunnels, successTerminationBehavior: .gracefullyShutdownGroup),
                ], logger: Self.logger))
        try await group.run()

        let events = try await trail.auditEvents(before: nil, subject: nil, limit: 10).reversed()
        #expect(events.map(\.action) == ["tunnel.register", "tunnel.open", "tunnel.close", "tunnel.refuse"])
        #expect(events.map(\.subject) == ["d1", "d1", "d1", "tunnels"])
        #expect(events.map(\.requester.name) == ["ann", "ann", "ann", "anonymous"])
        #expect(try await reach.beginTunnelRun() == 8, "the highest number that was joined, and one")
    }
}
