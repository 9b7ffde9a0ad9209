internal import Devices
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import SecretsTestSupport
import Testing
import Wire

/// Which devices a pairing window records or lets in.
@Suite struct PairingWindowTests {
    private static func isKnown(_ id: String, to rig: IssuingRig) async throws -> Bool {
        do {
            _ = try await rig.rooms.devices.device(id)
            return true
        } catch DevicesError.unknownDevice {
            return false
        }
    }

    @Test func withoutAWindow_StrangersAreAnsweredButNotRecorded() async throws {
        let rig = try await IssuingRig { $0.limits.devices.windowRequired = true }
        let device = try TestDevice("d1", secret: "")
        #expect(try await device.enrol(at: rig).status == .waiting)
        #expect(try await !Self.isKnown("d1", to: rig))
        _ = try await rig.rooms.pairingWindows.open(NewPairingWindow(minutes: 10, deviceType: "lamp"), by: .hub)
        #expect(try await device.enrol(at: rig).status == .waiting)
        let seen = try await rig.rooms.devices.device("d1")
        #expect(seen.state == .pending && seen.deviceType == "lamp" && seen.approvedFingerprint == nil)
        rig.clock.advance(by: 600)
        #expect(try await TestDevice("d2", secret: "").enrol(at: rig).status == .waiting)
        #expect(try await !Self.isKnown("d2", to: rig), "ten minutes are over")
    }

    @Test func deviceWithARegisteredSecret_NeedsNoWindow() async throws {
        let rig = try await IssuingRig { $0.limits.devices.windowRequired = true }
        try await rig.addSecret("s", for: "d1")
        #expect(try await TestDevice("d1", secret: "s").enrol(at: rig).status == .approved)
    }

    @Test func windowIsNotNeeded_UnlessConfigured() async throws {
        let rig = try await IssuingRig()
        _ = try await TestDevice("d1", secret: "").enrol(at: rig)
        #expect(try await Self.isKnown("d1", to: rig))
    }

    @Test func limit_EndsRecording() async throws {
        let rig = try await IssuingRig { $0.limits.devices.windowRequired = true }
        _ = try await rig.rooms.pairingWindows.open(NewPairingWindow(minutes: 10, limit: 2), by: .hub)
        for number in 1...4 { _ = try await TestDevice("d\(number)", secret: "").enrol(at: rig) }
        #expect(try await rig.rooms.devices.deviceCounts()[.pending] == 2)
        #expect(try await rig.rooms.pairingWindows.current()?.used == 2)
    }

    @Test func deviceThatWaitedBefore_IsApprovedWhenItAsksInTheWindow() async throws {
        let rig = try await IssuingRig()
        let device = try TestDevice("d1", secret: "")
        #expect(try await device.enrol(at: rig).status == .waiting)
        _ = try await rig.rooms.pairingWindows.open(NewPairingWindow(minutes: 1, limit: 3, approves: true), by: .hub)
        #expect(try await device.enrol(at: rig).status == .approved)
    }

    @Test func approvingWindow_IsNotForThoseTheHubKnowsOtherwise() async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        try await rig.addSecret("s", for: "approved")
        _ = try await TestDevice("approved", secret: "s").enrol(at: rig)
        _ = try await TestDevice("rejected", secret: "").enrol(at: rig)
        try await rig.issuer.reject(deviceID: "rejected", by: .hub)
        try await rig.addSecret("good", for: "expected")
        _ = try await rooms.pairingWindows.open(NewPairingWindow(minutes: 1, limit: 9, approves: true), by: .hub)
        #expect(try await TestDevice("approved", secret: "").enrol(at: rig).status == .waiting)
        #expect(try await TestDevice("rejected", secret: "").enrol(at: rig).status == .rejected)
        #expect(try await TestDevice("expected", secret: "bad").enrol(at: rig).status == .rejected)
        #expect(try await rooms.pairingWindows.current()?.used == 0)
    }

    @Test func parallelStrangers_DoNotExceedTheLimit() async throws {
        let rig = try await IssuingRig()
        _ = try await rig.rooms.pairingWindows.open(NewPairingWindow(minutes: 1, limit: 3, approves: true), by: .hub)
        let statuses = try await withThrowingTaskGroup(of: TestEnrolment.Status.self) { group in
            for number in 1...12 {
                group.addTask { try await TestDevice("d\(number)", secret: "").enrol(at: rig).status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == .approved }.count == 3)
    }

    @Test func waitingDevice_IsCounted() async throws {
        let rig = try await IssuingRig()
        let device = try TestDevice("d1", secret: "")
        for _ in 1...3 {
            _ = try await device.enrol(at: rig)
            rig.clock.advance(by: 30)
        }
        #expect(try await rig.rooms.devices.sightings(of: ["d1", "d2"]) == [DeviceID("d1"): 3])
    }
}
