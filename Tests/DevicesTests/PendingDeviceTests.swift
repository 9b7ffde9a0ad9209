internal import Devices
internal import Journal
internal import JournalTestSupport
internal import SecretsTestSupport
import Testing
import Wire

/// Devices that ask and can prove nothing.
@Suite struct PendingDeviceTests {
    @Test func firstRequest_IsShownToTheOperator_AsItWas() async throws {
        let rig = try await DevicesRig()
        let outcome = try await rig.ask("lamp", from: "192.0.2.9", key: "a1", mac: "02:00:00:00:00:01")
        #expect(outcome.waiting == 0 && !outcome.isApproved)
        let device = try await rig.rooms.devices.device("lamp")
        #expect(device.state == .pending && device.ou == "iotdevice" && device.deviceType == nil)
        #expect(device.address == "192.0.2.9" && device.mac == "02:00:00:00:00:01")
        #expect(device.fingerprint == DevicesRig.fingerprint("a1") && device.approvedFingerprint == nil)
        #expect(device.firstSeen == rig.clock.now && device.lastSeen == rig.clock.now)
        #expect(device.serial == nil && device.otherKeys == 0)
        let events = try await rig.events(of: "lamp")
        #expect(events.map(\.action) == ["device.pending"])
        #expect(events.first?.requester == .stranger(at: "192.0.2.9"))
        #expect(try await rig.rooms.devices.sightings(of: ["lamp", "other"]) == ["lamp": 1])
    }

    @Test(arguments: ["", "02:00:00:00:00", "not a mac", "<script>", "02:00:00:00:00:0g"])
    func whatIsNoMACAddress_IsNotShown(_ claimed: String) async throws {
        let rig = try await DevicesRig()
        try await rig.ask("lamp", mac: claimed)
        #expect(try await rig.rooms.devices.device("lamp").mac == nil)
    }

    /// What a request claims of itself goes with the next one that says otherwise; an address without MAC keeps it.
    @Test func laterRequest_ChangesAddressAndMAC_ButNotTheFirstSighting() async throws {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        try await rig.ask("lamp", from: "192.0.2.1", mac: "02:00:00:00:00:01")
        rig.clock.advance(by: 20)
        try await rig.ask("lamp", from: "192.0.2.2", mac: "")
        let device = try await rig.rooms.devices.device("lamp")
        #expect(device.address == "192.0.2.2" && device.mac == "02:00:00:00:00:01")
        #expect(device.firstSeen == 1_900_000_000 && device.lastSeen == 1_900_000_020)
        #expect(try await rig.actions(of: "lamp") == ["device.pending"], "told once")
    }

    /// A device that polls is written down every 20 s, not more often, and at once when the clock was set back.
    @Test(arguments: [(0, 1), (19, 1), (20, 2), (21, 2), (86_400, 2), (-1, 2)] as [(Int64, Int)])
    func poll_IsWrittenDownNowAndThen(after seconds: Int64, count: Int) async throws {
        let rig = try await DevicesRig()
        try await rig.ask("lamp")
        rig.clock.jump(by: seconds)
        try await rig.ask("lamp", from: "192.0.2.2")
        #expect(try await rig.rooms.devices.sightings(of: ["lamp"]) == ["lamp": count])
        #expect(try await rig.rooms.devices.device("lamp").address == (count == 1 ? "192.0.2.1" : "192.0.2.2"))
    }

    @Test func requestWithoutAKey_IsListed_AndTheFirstKeyIsThenTheDevices() async throws {
        let rig = try await DevicesRig()
        try await rig.ask("lamp", key: nil)
        #expect(try await rig.rooms.devices.device("lamp").fingerprint == nil)
        rig.clock.advance(by: 20)
        try await rig.ask("lamp", key: "a1")
        rig.clock.advance(by: 20)
        try await rig.ask("lamp", key: "b2")
        let device = try await rig.rooms.devices.device("lamp")
        #expect(device.fingerprint == DevicesRig.fingerprint("a1"))
        #expect(device.otherKeys == 1 && device.otherFingerprints == [DevicesRig.fingerprint("b2")])
    }

    @Test func otherKeys_AreToldApart_UpToSixteen() async throws {
        let rig = try await DevicesRig()
        try await rig.ask("lamp", key: "aa")
        for number in 0..<40 {
            try await rig.ask("lamp", from: "192.0.2.2", key: number < 10 ? "0\(number)" : "\(number)")
        }
        let device = try await rig.rooms.devices.device("lamp")
        #expect(device.otherFingerprints.count == Device.otherKeyLimit)
        #expect(device.otherFingerprints.first == DevicesRig.fingerprint("00"))
        #expect(device.otherFingerprints.last == DevicesRig.fingerprint("15"))
        #expect(device.otherKeys == 1, "all within 20 s")
        #expect(device.address == "192.0.2.1", "what strangers show changes nothing")
    }

    @Test(arguments: [1, 3]) func address_HasSoManyWaitingDevices(_ limit: Int) async throws {
        let rig = try await DevicesRig { $0.pendingPerAddress = limit }
        for number in 0..<limit + 2 { try await rig.ask("d\(number)") }
        #expect(try await rig.ids() == (0..<limit).map { "d\($0)" })
        try await rig.ask("other", from: "192.0.2.2")
        #expect(try await rig.ids().contains("other"), "another address has places of its own")
        // One that is approved waits no more and leaves its place.
        try await rig.put("d0", .approved, serial: "01")
        try await rig.ask("late")
        #expect(try await rig.ids(.pending).contains("late"))
    }

    @Test(arguments: DeviceState.allCases) func state_DecidesWhatARequestWithoutProofChanges(_ state: DeviceState)
        async throws
    {
        let rig = try await DevicesRig()
        try await rig.put("lamp", state, serial: state == .approved ? "0a" : nil)
        rig.clock.advance(by: 60)
        let before = try await rig.rooms.devices.device("lamp")
        try await rig.ask("lamp", key: "a1")
        let after = try await rig.rooms.devices.device("lamp")
        #expect(after.state == state, "asking changes nobody's standing")
        #expect((after == before) == (state == .approved))
        #expect(try await rig.actions(of: "lamp").isEmpty)
        #expect(try await rig.rooms.devices.isShutOut("lamp") == !state.mayEnrol)
    }

    @Test func deviceWhoseCertificateHasEnded_WaitsAgain_WithTheKeyItShows() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a") { $0.fingerprint = DevicesRig.fingerprint("aa") }
        try await rig.ask("lamp", key: "b2")
        #expect(try await rig.rooms.devices.device("lamp").state == .approved, "a stranger can't bring that about")
        try await rig.ask("lamp", from: "192.0.2.7", key: "c3", isProven: true)
        let device = try await rig.rooms.devices.device("lamp")
        #expect(device.state == .pending && device.fingerprint == DevicesRig.fingerprint("c3"))
        #expect(device.serial == "0a", "its last certificate is remembered")
        let events = try await rig.events(of: "lamp")
        #expect(events.map(\.action) == ["device.pending"])
        #expect(events.first?.detail == #"{"reason":"certificate ended"}"#)
    }

    @Test func deviceThatAsksNoMore_IsForgottenAfterADay() async throws {
        let rig = try await DevicesRig()
        for id in ["gone", "asks", "approved", "certified"] { try await rig.ask(id) }
        try await rig.rooms.devices.approve("approved", fingerprint: DevicesRig.fingerprint("aa"), by: .hub)
        try await rig.put("certified", .pending, serial: "0a")
        rig.clock.advance(by: 86_400)
        try await rig.ask("asks")
        try await rig.rooms.devices.sweep()
        #expect(try await rig.ids() == ["approved", "asks", "certified", "gone"], "to the second")
        rig.clock.advance(by: 1)
        try await rig.rooms.devices.sweep()
        #expect(try await rig.ids() == ["approved", "asks", "certified"])
        #expect(try await rig.rooms.devices.sightings(of: ["gone"]).isEmpty, "nothing of it is left")
        await #expect(throws: DevicesError.unknownDevice("gone")) { try await rig.rooms.devices.device("gone") }
    }

    /// A clock that jumps ahead by a week must not cost the operator the devices that wait.
    @Test func clockThatJumpsAhead_ForgetsNobodyAtOnce() async throws {
        let rig = try await DevicesRig()
        try await rig.ask("lamp")
        rig.clock.jump(by: 7 * 86_400)
        _ = try await rig.journal.lookAtClock()
        try await rig.rooms.devices.sweep()
        #expect(try await rig.ids() == ["lamp"])
    }

    @Test func trailAndWebhook_HearOfADeviceOnce_AndOnlyOfOneThatIsRecorded() async throws {
        let rig = try await DevicesRig { $0.pendingPerAddress = 1 }
        let hook = try await rig.journal.addWebhook(NewWebhook(url: "https://desk.example/h"), by: .hub).webhook
        for id in ["lamp", "lamp", "other"] { try await rig.ask(id) }
        #expect(try await rig.journal.webhook(hook.id).queued == 1)
        #expect(try await rig.actions().filter { $0 == "device.pending" }.count == 1)
        let message = try #require(try await rig.journal.nextDelivery(of: hook.id)).message
        #expect(message.event == "device.pending" || message.event == "pending")
        #expect(message.subject == "lamp" && message.detail.contains(DevicesRig.fingerprint("aa")))
    }
}
