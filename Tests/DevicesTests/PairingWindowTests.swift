internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
import Testing
import Wire

@Suite struct PairingWindowTests {
    @Test func window_SurvivesARestart_AndItsEndIsInTheTrail() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        try await { () -> Void in
            let rig = try await DevicesRig(folder: folder, clock: clock)
            _ = try await rig.rooms.pairingWindows.open(NewPairingWindow(minutes: 5), by: .hub)
        }()
        let rig = try await DevicesRig(folder: folder, clock: clock)
        #expect(try await rig.rooms.pairingWindows.current()?.closesAt == 1_900_000_300)
        try await rig.rooms.pairingWindows.sweep()
        clock.advance(by: 300)
        #expect(try await rig.rooms.pairingWindows.current() == nil)
        for _ in 1...2 { try await rig.rooms.pairingWindows.sweep() }
        let events = try await rig.rooms.journal.auditEvents(before: nil, subject: "window", limit: 9)
        #expect(events.reversed().map(\.action) == ["pairing.open", "pairing.close"])
        #expect(events[0].requester == .hub && events[0].detail.contains("time over"))
    }

    @Test func closing_EndsIt_AndOnlyOnce() async throws {
        let rig = try await DevicesRig()
        let rooms = rig.rooms
        _ = try await rooms.pairingWindows.open(NewPairingWindow(minutes: 120), by: .hub)
        try await rooms.pairingWindows.close(by: .hub)
        await #expect(throws: DevicesError.noPairingWindow) { try await rooms.pairingWindows.close(by: .hub) }
    }

    @Test(arguments: [
        NewPairingWindow(minutes: 0), NewPairingWindow(minutes: 121), NewPairingWindow(minutes: 1, limit: 0),
        NewPairingWindow(minutes: 1, limit: 1001), NewPairingWindow(minutes: 1, deviceType: ""),
        NewPairingWindow(minutes: 1, deviceType: "a\u{1B}"), NewPairingWindow(minutes: Int.max),
    ])
    func windowOutOfBounds_IsRefused(window: NewPairingWindow) async throws {
        let rig = try await DevicesRig()
        await #expect(throws: DevicesError.self) { try await rig.rooms.pairingWindows.open(window, by: .hub) }
    }
}
