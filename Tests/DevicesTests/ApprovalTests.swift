internal import Devices
internal import Journal
internal import JournalTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing
import Wire

/// What an operator approves: the key a device asked with, or the secret it waits for.
@Suite struct ApprovalTests {
    private static let key = DevicesRig.fingerprint("a1")

    /// As people copy it: in capitals, in pairs, with spaces.
    @Test(arguments: [
        key, key.uppercased(), Array(repeating: "a1", count: 32).joined(separator: ":"),
        Array(repeating: "A1", count: 32).joined(separator: " "),
    ])
    func fingerprint_IsTakenHoweverItIsWritten(_ spelling: String) async throws {
        let rig = try await DevicesRig()
        try await rig.ask("lamp", key: "a1")
        try await rig.rooms.devices.approve(
            "lamp", fingerprint: spelling, by: Requester(name: "uid 0", address: "local"))
        let device = try await rig.rooms.devices.device("lamp")
        #expect(device.approvedFingerprint == Self.key && device.state == .pending)
        let event = try #require(try await rig.events(of: "lamp").last)
        #expect(event.action == "device.approve" && event.requester.name == "uid 0")
        #expect(event.detail == #"{"fingerprint":"\#(Self.key)"}"#)
    }

    @Test(arguments: [
        "", "a1", String(key.dropLast()), key + "a", String(key.dropLast()) + "g", "0x" + key.dropLast(2),
        // Digits to Unicode, but no digits of a fingerprint: three bytes each.
        String(repeating: "\u{FF11}", count: 20) + "1111", String(repeating: "\u{FF11}", count: 64),
    ])
    func whatIsNoFingerprint_ApprovesNothing(_ text: String) async throws {
        let rig = try await DevicesRig()
        // More keys asked than are kept, so that any of them may be the device's.
        try await rig.put("lamp", .pending) { device in
            device.fingerprint = DevicesRig.fingerprint("a1")
            device.otherKeys = 99
        }
        await #expect(throws: DevicesError.invalidFingerprint) {
            try await rig.rooms.devices.approve("lamp", fingerprint: text, by: .hub)
        }
        #expect(try await rig.rooms.devices.device("lamp").approvedFingerprint == nil)
    }

    @Test func approval_NeedsAKeyThatAsked() async throws {
        let rig = try await DevicesRig()
        let devices = rig.rooms.devices
        await #expect(throws: DevicesError.unknownDevice("lamp")) {
            try await devices.approve("lamp", fingerprint: Self.key, by: .hub)
        }
        try await rig.ask("lamp", key: nil)
        await #expect(throws: DevicesError.nothingToApprove("lamp")) {
            try await devices.approve("lamp", fingerprint: Self.key, by: .hub)
        }
        rig.clock.advance(by: 20)
        try await rig.ask("lamp", key: "b2")
        await #expect(throws: DevicesError.fingerprintMismatch("lamp")) {
            try await devices.approve("lamp", fingerprint: Self.key, by: .hub)
        }
        #expect(try await rig.actions(of: "lamp") == ["device.pending"], "what was refused leaves nothing")
    }

    @Test func oneOfSeveralKeys_IsChosenByTheOperator_AndTheOthersAreForgotten() async throws {
        let rig = try await DevicesRig()
        for key in ["b2", "a1", "c3"] {
            try await rig.ask("lamp", key: key)
            rig.clock.advance(by: 20)
        }
        await #expect(throws: DevicesError.fingerprintMismatch("lamp")) {
            try await rig.rooms.devices.approve("lamp", fingerprint: DevicesRig.fingerprint("d4"), by: .hub)
        }
        try await rig.rooms.devices.approve("lamp", fingerprint: Self.key, by: .hub)
        let device = try await rig.rooms.devices.device("lamp")
        #expect(device.fingerprint == Self.key && device.approvedFingerprint == Self.key)
        #expect(device.otherKeys == 0 && device.otherFingerprints.isEmpty)
    }

    /// With as many other keys as are kept, or with those of a release that kept none, nobody can tell.
    @Test(arguments: [(1, 0, true), (1, 1, false), (20, 15, false), (20, 16, true), (0, 0, false)])
    func keyThatMayHaveAsked_CanBeApproved(count: Int, kept: Int, isTaken: Bool) async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .pending) { device in
            device.fingerprint = DevicesRig.fingerprint("ee")
            device.otherKeys = count
            device.otherFingerprints = (0..<kept).map { DevicesRig.fingerprint($0 < 10 ? "0\($0)" : "\($0)") }
        }
        func approve() async throws { try await rig.rooms.devices.approve("lamp", fingerprint: Self.key, by: .hub) }
        if isTaken {
            try await approve()
        } else {
            await #expect(throws: DevicesError.fingerprintMismatch("lamp")) { try await approve() }
        }
        #expect(try await rig.rooms.devices.device("lamp").approvedFingerprint == (isTaken ? Self.key : nil))
    }

    @Test(arguments: DeviceState.allCases) func approval_BringsBackWhoWasShutOut(_ state: DeviceState) async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", state) { $0.fingerprint = DevicesRig.fingerprint("a1") }
        try await rig.rooms.devices.approve("lamp", fingerprint: Self.key, by: .hub)
        let expected: DeviceState = state == .approved ? .approved : .pending
        #expect(try await rig.rooms.devices.device("lamp").state == expected)
        try await rig.put("lamp", state)
        let secret = NewSecret(deviceID: "lamp", value: Array("s3cret".utf8), validUntil: rig.clock.now + 60)
        try await rig.rooms.devices.approve("lamp", secret: secret, by: .hub)
        #expect(try await rig.rooms.devices.device("lamp").state == expected)
        #expect(try await rig.secrets.secretCount() == 1)
        #expect(try await rig.actions(of: "lamp").filter { $0 == "device.approve" }.count == 2)
    }

    @Test func secretOfAnUnknownDevice_IsNoApproval() async throws {
        let rig = try await DevicesRig()
        let secret = NewSecret(deviceID: "lamp", value: Array("s3cret".utf8), validUntil: rig.clock.now + 60)
        await #expect(throws: DevicesError.unknownDevice("lamp")) {
            try await rig.rooms.devices.approve("lamp", secret: secret, by: .hub)
        }
        #expect(try await rig.secrets.secretCount() == 0)
    }

    @Test func newSecret_OfADeviceThatHoldsACertificate_IsRegisteredOnlyInItsPlace() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let secret = NewSecret(deviceID: "lamp", value: Array("s3cret".utf8), validUntil: rig.clock.now + 60)
        await #expect(throws: SecretsError.secretInUse("lamp")) {
            try await rig.rooms.devices.addSecret(secret, replacing: false, by: .hub)
        }
        #expect(try await rig.secrets.secretCount() == 0)
        try await rig.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        #expect(try await rig.secrets.secretCount() == 1)
    }

    @Test func webhook_HearsWhoApprovedAndHow() async throws {
        let rig = try await DevicesRig()
        try await rig.ask("lamp", key: "a1")
        let hook = try await rig.journal.addWebhook(NewWebhook(url: "https://desk.example/h"), by: .hub).webhook
        try await rig.rooms.devices.approve("lamp", fingerprint: Self.key, by: .hub)
        let message = try #require(try await rig.journal.nextDelivery(of: hook.id)).message
        #expect(message.subject == "lamp")
        #expect(message.detail == #"{"by":"fingerprint","fingerprint":"\#(Self.key)"}"#)
    }
}
