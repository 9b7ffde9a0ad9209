internal import Devices
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
import PKI
internal import Rooms
internal import RouteTestSupport
import Testing
import Wire

@Suite struct PairingWindowTests {
    @Test func approvingWindow_LetsTheFirstIn_AndLeavesATrail() async throws {
        let rig = try await IDProvRig { $0.limits.devices.windowRequired = true }
        let rooms = rig.rooms
        _ = try await rooms.pairingWindows.open(NewPairingWindow(minutes: 10, approves: true), by: .hub)
        let first = try TestDevice("d1", secret: "")
        let answer = try await first.provision(at: rig)
        #expect(answer.status == .approved && answer.isSigned(with: []))
        #expect(try await TestDevice("d2", secret: "").provision(at: rig).status == .waiting)
        #expect(try await rooms.devices.device("d2").state == .pending)
        let events = try await rooms.journal.auditEvents(before: nil, subject: "d1", limit: 9)
        #expect(events.reversed().map(\.action) == ["device.pending", "device.approve", "device.enrol"])
        #expect(events[1].detail.contains("pairing window"))
        #expect(events[1].detail.contains(first.key.publicKey.fingerprint))
    }
}
