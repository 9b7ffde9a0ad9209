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
}
