import Devices
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Testing
import Wire

@Suite struct PairingWindowTests {
    private static func isKnown(_ id: String, to hub: TestHub) async throws -> Bool {
        do {
            _ = try await hub.hub.rooms.devices.device(id)
            return true
        } catch DevicesError.unknownDevice {
            return false
        }
    }

    @Test func withoutAWindow_StrangersAreAnsweredButNotRecorded() async throws {
        let hub = try await TestHub { $0.limits.devices.windowRequired = true }
        let device = try TestDevice("d1", secret: "")
        #expect(try await device.provision(at: hub).status == .waiting)
        #expect(try await !Self.isKnown("d1", to: hub))
        _ = try await hub.hub.rooms.devices.openPairing(NewPairingWindow(minutes: 10, deviceType: "lamp"), by: .hub)
        #expect(try await device.provision(at: hub).status == .waiting)
        let seen = try await hub.hub.rooms.devices.device("d1")
        #expect(seen.state == .pending && seen.deviceType == "lamp" && seen.approvedFingerprint == nil)
        hub.clock.advance(by: 600)
        #expect(try await TestDevice("d2", secret: "").provision(at: hub).status == .waiting)
        #expect(try await !Self.isKnown("d2", to: hub), "ten minutes are over")
    }

    @Test func deviceWithARegisteredSecret_NeedsNoWindow() async throws {
        let hub = try await TestHub { $0.limits.devices.windowRequired = true }
        try await hub.addSecret("s", for: "d1")
        #expect(try await TestDevice("d1", secret: "s").provision(at: hub).status == .approved)
    }

    @Test func windowIsNotNeeded_UnlessConfigured() async throws {
        let hub = try await TestHub()
        _ = try await TestDevice("d1", secret: "").provision(at: hub)
        #expect(try await Self.isKnown("d1", to: hub))
    }

    @Test func limit_EndsRecording() async throws {
        let hub = try await TestHub { $0.limits.devices.windowRequired = true }
        _ = try await hub.hub.rooms.devices.openPairing(NewPairingWindow(minutes: 10, limit: 2), by: .hub)
        for number in 1...4 { _ = try await TestDevice("d\(number)", secret: "").provision(at: hub) }
        #expect(try await hub.hub.rooms.devices.deviceCounts()[.pending] == 2)
        #expect(try await hub.hub.rooms.devices.pairingWindow()?.used == 2)
    }

    @Test func approvingWindow_LetsTheFirstIn_AndLeavesATrail() async throws {
        let hub = try await TestHub { $0.limits.devices.windowRequired = true }
        let rooms = hub.hub.rooms
        _ = try await rooms.devices.openPairing(NewPairingWindow(minutes: 10, approves: true), by: .hub)
        let first = try TestDevice("d1", secret: "")
        let answer = try await first.provision(at: hub)
        #expect(answer.status == .approved && answer.isSigned(with: []))
        #expect(try await TestDevice("d2", secret: "").provision(at: hub).status == .waiting)
        #expect(try await rooms.devices.device("d2").state == .pending)
        let events = try await rooms.journal.auditEvents(before: nil, subject: "d1", limit: 9)
        #expect(events.reversed().map(\.action) == ["device.pending", "device.approve", "device.enrol"])
        #expect(events[1].detail.contains("pairing window"))
        #expect(events[1].detail.contains(first.key.publicKey.fingerprint))
    }

    @Test func deviceThatWaitedBefore_IsApprovedWhenItAsksInTheWindow() async throws {
        let hub = try await TestHub()
        let device = try TestDevice("d1", secret: "")
        #expect(try await device.provision(at: hub).status == .waiting)
        _ = try await hub.hub.rooms.devices.openPairing(
            NewPairingWindow(minutes: 1, limit: 3, approves: true), by: .hub)
        #expect(try await device.provision(at: hub).status == .approved)
    }

    @Test func approvingWindow_IsNotForThoseTheHubKnowsOtherwise() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        try await hub.addSecret("s", for: "approved")
        _ = try await TestDevice("approved", secret: "s").provision(at: hub)
        _ = try await TestDevice("rejected", secret: "").provision(at: hub)
        try await hub.hub.issuer.reject(deviceID: "rejected", by: .hub)
        try await hub.addSecret("good", for: "expected")
        _ = try await rooms.devices.openPairing(NewPairingWindow(minutes: 1, limit: 9, approves: true), by: .hub)
        #expect(try await TestDevice("approved", secret: "").provision(at: hub).status == .waiting)
        #expect(try await TestDevice("rejected", secret: "").provision(at: hub).status == .rejected)
        #expect(try await TestDevice("expected", secret: "bad").provision(at: hub).status == .rejected)
        #expect(try await rooms.devices.pairingWindow()?.used == 0)
    }

    @Test func parallelStrangers_DoNotExceedTheLimit() async throws {
        let hub = try await TestHub()
        _ = try await hub.hub.rooms.devices.openPairing(
            NewPairingWindow(minutes: 1, limit: 3, approves: true), by: .hub)
        let statuses = try await withThrowingTaskGroup(of: ProvisionResponse.Status.self) { group in
            for number in 1...12 {
                group.addTask { try await TestDevice("d\(number)", secret: "").provision(at: hub).status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == .approved }.count == 3)
    }

    @Test func window_SurvivesARestart_AndItsEndIsInTheTrail() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        try await { () -> Void in
            let hub = try await TestHub(folder: folder, clock: clock)
            _ = try await hub.hub.rooms.devices.openPairing(NewPairingWindow(minutes: 5), by: .hub)
        }()
        let hub = try await TestHub(folder: folder, clock: clock)
        #expect(try await hub.hub.rooms.devices.pairingWindow()?.closesAt == 1_900_000_300)
        try await hub.hub.rooms.devices.sweepPairing()
        clock.advance(by: 300)
        #expect(try await hub.hub.rooms.devices.pairingWindow() == nil)
        for _ in 1...2 { try await hub.hub.rooms.devices.sweepPairing() }
        let events = try await hub.hub.rooms.journal.auditEvents(before: nil, subject: "window", limit: 9)
        #expect(events.reversed().map(\.action) == ["pairing.open", "pairing.close"])
        #expect(events[0].requester == .hub && events[0].detail.contains("time over"))
    }

    @Test func closing_EndsIt_AndOnlyOnce() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        _ = try await rooms.devices.openPairing(NewPairingWindow(minutes: 120), by: .hub)
        try await rooms.devices.closePairing(by: .hub)
        await #expect(throws: DevicesError.noPairingWindow) { try await rooms.devices.closePairing(by: .hub) }
    }

    @Test(arguments: [
        NewPairingWindow(minutes: 0), NewPairingWindow(minutes: 121), NewPairingWindow(minutes: 1, limit: 0),
        NewPairingWindow(minutes: 1, limit: 1001), NewPairingWindow(minutes: 1, deviceType: ""),
        NewPairingWindow(minutes: 1, deviceType: "a\u{1B}"), NewPairingWindow(minutes: Int.max),
    ])
    func windowOutOfBounds_IsRefused(window: NewPairingWindow) async throws {
        let hub = try await TestHub()
        await #expect(throws: DevicesError.self) { try await hub.hub.rooms.devices.openPairing(window, by: .hub) }
    }

    @Test func waitingDevice_IsCounted() async throws {
        let hub = try await TestHub()
        let device = try TestDevice("d1", secret: "")
        for _ in 1...3 {
            _ = try await device.provision(at: hub)
            hub.clock.advance(by: 30)
        }
        #expect(try await hub.hub.rooms.devices.sightings(of: ["d1", "d2"]) == [DeviceID("d1"): 3])
    }
}
