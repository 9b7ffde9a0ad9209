internal import Journal
internal import JournalTestSupport
import Testing
@testable import Devices

/// What a clock that was ahead has written neither lasts for a year nor comes to life again in a year (docs/time.md).
@Suite struct KeptTimesTests {
    private static func jump(_ rig: DevicesRig, by seconds: Int64) async throws {
        rig.clock.jump(by: seconds)
        _ = try await rig.rooms.journal.lookAtClock()
    }

    @Test func pairingWindow_IsClosedForGood() async throws {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        let rooms = rig.rooms
        try await Self.jump(rig, by: 3600)
        _ = try await rooms.pairingWindows.open(NewPairingWindow(minutes: 10), by: .hub)
        rig.clock.jump(by: -30)
        #expect(try await rooms.pairingWindows.current() != nil, "half a minute is nothing")
        rig.clock.jump(by: -3570)
        #expect(try await rooms.pairingWindows.current() == nil)
        _ = try await rooms.journal.lookAtClock()
        rig.clock.advance(by: 3600)
        #expect(try await rooms.pairingWindows.current() == nil, "it does not open again when its time comes")
        let actions = try await rooms.journal.auditEvents(before: nil, subject: "window", limit: 1).map(\.action)
        #expect(actions == ["pairing.close"])
    }

    /// Devices were not seen in the future, whatever the clock said then.
    @Test func sightingsOfAClockThatWasAhead_AreOfNow() async throws {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        try await rig.ask("before")
        try await Self.jump(rig, by: 86_400)
        try await rig.ask("ahead")
        rig.clock.advance(by: 20)
        try await rig.ask("before", key: "b2")
        rig.clock.advance(by: 20)
        try await rig.ask("before")
        try await Self.jump(rig, by: -86_400)
        let (before, ahead) = (
            try await rig.rooms.devices.device("before"), try await rig.rooms.devices.device("ahead")
        )
        let now = rig.clock.now
        #expect(before.firstSeen == 1_900_000_000, "what was right stays")
        #expect(before.lastSeen == now && before.otherSeen == now && ahead.firstSeen == now && ahead.lastSeen == now)
        try await rig.ask("ahead", from: "192.0.2.7")
        #expect(try await rig.rooms.devices.device("ahead").address == "192.0.2.1", "seen just now")
    }

    /// The jump came while the hub was off: the next start finds it.
    @Test func clockSetBackWhileTheHubWasOff_IsFoundAtTheStart() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        try await { () -> Void in
            let rig = try await DevicesRig(folder: folder, clock: clock)
            _ = try await rig.rooms.pairingWindows.open(NewPairingWindow(minutes: 120), by: .hub)
            try await rig.ask("lamp")
        }()
        clock.jump(by: -7200)
        let rig = try await DevicesRig(folder: folder, clock: clock)
        #expect(try await rig.rooms.devices.device("lamp").firstSeen == clock.now)
        clock.jump(by: 7200)
        #expect(try await rig.rooms.pairingWindows.current() == nil)
    }
}
