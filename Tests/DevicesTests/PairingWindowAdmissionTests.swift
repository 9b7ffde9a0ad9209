internal import Devices
internal import Journal
internal import JournalTestSupport
internal import SecretsTestSupport
import Testing
import Wire

/// What an open pairing window changes for devices that ask.
@Suite struct PairingWindowAdmissionTests {
    private static func open(_ rig: DevicesRig, _ window: NewPairingWindow) async throws {
        _ = try await rig.rooms.pairingWindows.open(window, by: Requester(name: "uid 7", address: "local"))
    }

    @Test func whereAWindowIsRequired_UnknownDevicesAreRecordedInItAlone() async throws {
        let rig = try await DevicesRig { $0.windowRequired = true }
        try await rig.ask("early")
        #expect(try await rig.ids().isEmpty)
        try await rig.ask("expected", hasSecret: true)
        #expect(try await rig.ids() == ["expected"], "somebody expects it")
        try await Self.open(rig, NewPairingWindow(minutes: 5))
        rig.clock.advance(by: 299)
        try await rig.ask("early")
        rig.clock.advance(by: 1)
        try await rig.ask("late")
        #expect(try await rig.ids() == ["early", "expected"])
        try await rig.ask("early", from: "192.0.2.7")
        rig.clock.advance(by: 60)
        try await rig.ask("early", from: "192.0.2.8")
        #expect(try await rig.rooms.devices.device("early").address == "192.0.2.8", "who is known is seen in any case")
    }

    @Test func windowWithoutApproval_CountsWhoIsFirstSeen_AndNamesTheirKind() async throws {
        let rig = try await DevicesRig { $0.windowRequired = true }
        try await Self.open(rig, NewPairingWindow(minutes: 5, deviceType: "lamp", limit: 2))
        for id in ["a", "a", "b", "c"] { try await rig.ask(id) }
        #expect(try await rig.ids() == ["a", "b"])
        let window = try #require(try await rig.rooms.pairingWindows.current())
        #expect(window.used == 2 && window.isFull && window.openedBy == "uid 7" && window.deviceType == "lamp")
        #expect(try await rig.rooms.devices.device("a").deviceType == "lamp")
        #expect(try await rig.rooms.devices.device("b").approvedFingerprint == nil)
        try await rig.ask("known", hasSecret: true)
        #expect(try await rig.rooms.devices.device("known").deviceType == nil, "its secret says what it is")
        #expect(try await rig.rooms.pairingWindows.current()?.used == 2)
    }

    @Test func windowThatApproves_TakesAsManyAsItMay_WithTheKeyTheyShow() async throws {
        let rig = try await DevicesRig()
        try await rig.ask("old", key: "01")
        try await Self.open(rig, NewPairingWindow(minutes: 5, deviceType: "lamp", limit: 2, approves: true))
        let outcomes = [
            try await rig.ask("new", key: "a1"), try await rig.ask("old", key: "b2"),
            try await rig.ask("third", key: "c3"),
        ]
        #expect(outcomes.map(\.isApproved) == [true, true, false])
        let devices = rig.rooms.devices
        #expect(try await devices.device("new").approvedFingerprint == DevicesRig.fingerprint("a1"))
        let old = try await devices.device("old")
        #expect(
            old.approvedFingerprint == DevicesRig.fingerprint("b2"), "whoever asks in it is meant, not who was first")
        #expect(old.deviceType == nil, "it was there before")
        #expect(try await devices.device("third").approvedFingerprint == nil)
        #expect(try await devices.device("third").state == .pending, "it waits for the operator")
        let event = try #require(try await rig.events(of: "new").last)
        #expect(event.action == "device.approve" && event.requester == .hub)
        #expect(event.detail.contains(#""by":"pairing window","window of":"uid 7""#))
        try await rig.rooms.pairingWindows.close(by: .hub)
        #expect(try await rig.events(of: "window").last?.detail == #"{"reason":"closed","devices":"2"}"#)
    }

    @Test func windowThatApproves_IsForOneDevice_UnlessItSaysMore() async throws {
        let rig = try await DevicesRig()
        try await Self.open(rig, NewPairingWindow(minutes: 5, approves: true))
        #expect(try await rig.rooms.pairingWindows.current()?.limit == 1)
        #expect(try await rig.ask("first").isApproved)
        #expect(try await !rig.ask("second").isApproved)
    }

    /// Whom a window does not approve: who has to prove a secret, shows no key, or was decided about.
    @Test func windowThatApproves_PassesOver_WhoIsNotMeant() async throws {
        let rig = try await DevicesRig()
        for state in [DeviceState.rejected, .revoked, .removed, .approved] { try await rig.put(state.rawValue, state) }
        try await rig.put("chosen", .pending) { device in
            device.fingerprint = DevicesRig.fingerprint("aa")
            device.approvedFingerprint = DevicesRig.fingerprint("aa")
        }
        try await Self.open(rig, NewPairingWindow(minutes: 5, limit: 100, approves: true))
        rig.clock.advance(by: 30)
        for state in ["rejected", "revoked", "removed", "approved", "chosen"] {
            #expect(try await !rig.ask(state, key: "b2").isApproved, "\(state)")
        }
        #expect(try await !rig.ask("keyless", key: nil).isApproved)
        #expect(try await !rig.ask("expected", hasSecret: true).isApproved)
        #expect(try await rig.rooms.devices.device("chosen").approvedFingerprint == DevicesRig.fingerprint("aa"))
        #expect(try await rig.rooms.pairingWindows.current()?.used == 0)
        #expect(try await rig.ask("meant").isApproved)
    }

    @Test func secondWindow_TakesThePlaceOfTheFirst() async throws {
        let rig = try await DevicesRig()
        try await Self.open(rig, NewPairingWindow(minutes: 120, deviceType: "lamp", limit: 9, approves: true))
        try await rig.ask("a")
        rig.clock.advance(by: 60)
        try await Self.open(rig, NewPairingWindow(minutes: 1))
        let window = try #require(try await rig.rooms.pairingWindows.current())
        #expect(window.used == 0 && window.limit == nil && !window.approves && window.deviceType == nil)
        #expect(window.openedAt == rig.clock.now && window.closesAt == rig.clock.now + 60)
        rig.clock.advance(by: 60)
        #expect(try await rig.rooms.pairingWindows.current() == nil, "the first does not come back")
        await #expect(throws: DevicesError.noPairingWindow) { try await rig.rooms.pairingWindows.close(by: .hub) }
    }
}
