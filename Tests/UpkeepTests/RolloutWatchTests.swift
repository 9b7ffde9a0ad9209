import Devices
import Journal
import JournalTestSupport
import Logging
import PKI
import RecordTestSupport
import Rooms
import Testing
import Updates
import UpdatesTestSupport
import Upkeep
import Wire

/// What devices are told that don't ask by themselves.
@Suite struct RolloutWatchTests {
    /// A deployment to one device that begins in a minute.
    private static func scheduled() async throws -> (rig: UpdatesRig, device: String) {
        let rig = try await UpdatesRig(clock: ManualClock(at: 1_790_000_000))
        let device = try await Self.device("1", rig)
        _ = try await rig.bring(UpdatesRig.artifact("rel-1"))
        var new = NewDeployment(name: "d", artifactName: "rel-1", target: .devices)
        new.devices = [device]
        new.plan.phases = [.init(id: "a", percent: nil, startsAt: rig.clock.now + 60)]
        _ = try await rig.updates.deploy(new, by: .hub)
        return (rig, device)
    }

    private static func device(_ serial: String, _ rig: UpdatesRig) async throws -> String {
        try await rig.rooms.identities.preauthorize(
            "{\"serial\":\"\(serial)\"}", publicKey: try PrivateKey.makeP256().publicKey, force: true, by: .hub)
    }

    @Test func phaseThatBegins_IsToldAtTheNextLookAtTheClock() async throws {
        let (rig, device) = try await Self.scheduled()
        let other = try await Self.device("2", rig)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let watch = RolloutWatch(updates: rig.updates, logger: logger)
        let notices = rig.updates.notices.subscribe()
        await watch.look(turn: 120)
        rig.clock.advance(by: 60)
        await watch.look(turn: 121)
        try await rig.updates.setEnabled(false, of: other, by: .hub)
        await watch.look(turn: 240)
        // The first is of the change in between: nothing was told before.
        var next = notices.makeAsyncIterator()
        #expect(await next.next()?.devices.map(\.text) == [other])
        #expect(await next.next()?.devices.map(\.text) == [device])
    }
}
