import Journal
import JournalTestSupport
import PKI
import SecretsTestSupport
import Store
import Testing
import Wire
@testable import Devices

/// Which record a name belongs to that comes with a right signature, and whether that is in.
@Suite struct LinkAdmissionTests {
    @Test func newNameWithAProductKey_BecomesADevice() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        #expect(try await rig.connect("sim-1", signer) == .admitted(deviceID: "sim-1", key: signer.key))
        let tie = try #require(try await rig.rooms.linkKeys.identities(ofDevices: ["sim-1"])["sim-1"])
        #expect(tie.product == "widget" && tie.key == signer.key && tie.connectedAt == rig.clock.now)
        let event = try #require(try await rig.events(of: "sim-1").first)
        #expect(event.action == "device.approve" && event.detail.contains(#""by":"product key""#))
        #expect(event.requester.name == "link key \(signer.key.prefix(12))")
        #expect(try await rig.rooms.linkKeys.isAllowed("sim-1", key: signer.key))
    }

    /// Reconnects cost a write once in a quarter of an hour.
    @Test func useOfAKey_IsNotedSeldom() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        func lastUsed() async throws -> Int64? { try await rig.rooms.linkKeys.keys(after: "", limit: 1)[0].lastUsedAt }
        #expect(try await lastUsed() == nil)
        #expect(try await rig.connect("sim-1", signer) != .refused)
        let first = rig.clock.now
        rig.clock.advance(by: 899)
        #expect(try await rig.connect("sim-1", signer) != .refused)
        #expect(try await lastUsed() == first)
        #expect(try await rig.record("sim-1")?.lastSeen == first)
        rig.clock.advance(by: 1)
        #expect(try await rig.connect("sim-1", signer, from: "192.0.2.9") != .refused)
        #expect(try await lastUsed() == first + 900)
        let device = try #require(try await rig.record("sim-1"))
        #expect(device.lastSeen == first + 900 && device.address == "192.0.2.9")
    }

    @Test func otherKeyOfTheProduct_LetsTheSameDeviceIn() async throws {
        let rig = try await DevicesRig()
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) != .refused)
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) != .refused)
    }

    @Test func nameOfAnotherProduct_IsRefusedAndTold() async throws {
        let rig = try await DevicesRig()
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) != .refused)
        let other = try await rig.linkKey(.product("gadget"))
        #expect(try await rig.connect("sim-1", other) == .refused)
        #expect(try await !rig.rooms.linkKeys.isAllowed("sim-1", key: other.key))
        let alarms = try await rig.journal.alarms(all: false, before: nil, limit: 10)
        #expect(alarms.map(\.kind) == [.linkConflict] && alarms.map(\.subject) == ["sim-1"])
        #expect(try await rig.events(of: "sim-1").last?.action == "link.refuse")
    }

    /// Who has a product's secret must not take over a device that proves itself otherwise.
    @Test func nameOfADeviceWithOtherCredentials_IsNotTakenOver() async throws {
        let rig = try await DevicesRig()
        try await rig.put("certified", .approved, serial: "0a")
        try await rig.put("approved", .approved)
        try await rig.put("compared", .pending) { $0.approvedFingerprint = DevicesRig.fingerprint("aa") }
        try await rig.addSecret("secret of it", for: "expected")
        _ = try await rig.linkKey(.device("keyed"))
        let key = try PrivateKey.makeP256()
        _ = try await rig.authenticate(#"{"mac":"1"}"#, key: key)
        let mender = try #require(try await rig.identity(#"{"mac":"1"}"#)).deviceID
        let signer = try await rig.linkKey()
        for (place, id) in ["certified", "approved", "compared", "expected", "keyed", mender].enumerated() {
            #expect(try await rig.connect(id, signer, from: "192.0.2.\(place)") == .refused, "\(id)")
            #expect(try await rig.rooms.linkKeys.identities(ofDevices: [id]).isEmpty)
        }
        #expect(try await rig.record("expected") == nil)
        #expect(try await rig.record("compared")?.approvedFingerprint != nil)
    }

    /// Anybody may ask for a certificate in any name: that must not keep the device out that has a secret.
    @Test func nameThatAStrangerAskedFor_IsTheDevices() async throws {
        let rig = try await DevicesRig()
        try await rig.ask("sim-1", from: "192.0.2.66", key: "bb")
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) != .refused)
        let device = try #require(try await rig.record("sim-1"))
        #expect(device.state == .approved && device.fingerprint == nil && device.address == "192.0.2.1")
    }

    @Test(arguments: ["a/b", " sim", "sim\u{7}", "sim\u{0}1", "$sim", String(repeating: "s", count: 65)])
    func nameThatNoDeviceMayHave_IsRefused(_ id: String) async throws {
        let rig = try await DevicesRig()
        #expect(try await rig.connect(id, try await rig.linkKey()) == .refused)
        #expect(try await rig.connect(id, try await rig.linkKey(.product("w"), approval: true)) == .refused)
        #expect(try await rig.ids().isEmpty)
    }

    @Test func nameOfAnotherRolesCertificate_IsRefused() async throws {
        let rig = try await DevicesRig()
        rig.rooms.devices.otherNames.ask { name, _ in name == nil || name == "broker" ? [("broker", "service")] : [] }
        #expect(try await rig.connect("broker", try await rig.linkKey()) == .refused)
        #expect(try await rig.connect("broker", try await rig.linkKey(.product("w"), approval: true)) == .refused)
        #expect(try await rig.ids().isEmpty)
    }

    /// Two texts that look alike are two devices.
    @Test func lookalike_IsAnotherDevice() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey(.device("K-1"))
        #expect(try await rig.connect("\u{212A}-1", signer) == .refused)
        #expect(try await rig.connect("K-1", signer) == .admitted(deviceID: "K-1", key: signer.key))
        #expect(try await !rig.rooms.linkKeys.isAllowed("\u{212A}-1", key: signer.key))
    }

    @Test func deviceKey_IsForItsDeviceAlone() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey(.device("sim-1"))
        #expect(try await rig.connect("sim-2", signer) == .refused)
        #expect(try await rig.connect("sim-1", signer) == .admitted(deviceID: "sim-1", key: signer.key))
        #expect(try await rig.record("sim-2") == nil)
        #expect(try await rig.rooms.linkKeys.isAllowed("sim-1", key: signer.key))
    }

    @Test(arguments: [DeviceState.rejected, .revoked, .removed])
    func deviceThatIsShutOut_ComesInWithNoKey(_ state: DeviceState) async throws {
        let rig = try await DevicesRig()
        let signers = [try await rig.linkKey(), try await rig.linkKey(.device("keyed"))]
        #expect(try await rig.connect("sim-1", signers[0]) != .refused)
        for (id, signer) in zip(["sim-1", "keyed"], signers) {
            try await rig.end(id, as: state)
            rig.clock.advance(by: 1)
            #expect(try await rig.connect(id, signer) == .refused)
            #expect(try await !rig.rooms.linkKeys.isAllowed(id, key: signer.key))
            #expect(try await rig.rooms.linkKeys.admit(certificateOf: id) == .refused)
            #expect(try await rig.record(id)?.state == state)
        }
        let keys = try await rig.rooms.linkKeys.keys(after: "nhd_", limit: 1)
        #expect((keys[0].revokedAt != nil) == (state == .removed), "what is removed leaves no key behind")
    }

    @Test func operatorsWord_BringsADeviceBack() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        #expect(try await rig.connect("sim-1", signer) != .refused)
        try await rig.end("sim-1", as: .removed)
        try await rig.rooms.linkKeys.approve("sim-1", by: .hub)
        rig.clock.advance(by: 1)
        #expect(try await rig.connect("sim-1", signer) != .refused)
    }

    @Test func deviceOfAKeyWithApproval_WaitsForTheOperator() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey(approval: true)
        for _ in 0..<3 {
            #expect(try await rig.connect("sim-1", signer) == .refused)
            rig.clock.advance(by: 30)
        }
        #expect(try await rig.record("sim-1")?.state == .pending)
        #expect(try await rig.actions(of: "sim-1") == ["device.pending"])
        #expect(try await !rig.rooms.linkKeys.isAllowed("sim-1", key: signer.key))
        try await rig.rooms.linkKeys.approve("sim-1", by: .hub)
        #expect(try await rig.connect("sim-1", signer) == .admitted(deviceID: "sim-1", key: signer.key))
        #expect(try await rig.actions(of: "sim-1") == ["device.pending", "device.approve"])
        try await rig.rooms.linkKeys.approve("sim-1", by: .hub)
        #expect(try await rig.actions(of: "sim-1").count == 2, "approved already")
    }

    /// What a stranger asked with meanwhile is not approved with it.
    @Test func approvalOnTheLink_ApprovesNoKeyOfIDProv() async throws {
        let rig = try await DevicesRig()
        #expect(try await rig.connect("sim-1", try await rig.linkKey(approval: true)) == .refused)
        try await rig.ask("sim-1", key: "bb")
        try await rig.rooms.linkKeys.approve("sim-1", by: .hub)
        let device = try #require(try await rig.record("sim-1"))
        #expect(device.state == .approved && device.fingerprint == nil && device.approvedFingerprint == nil)
    }

    @Test func waitingDevices_AreBounded() async throws {
        let rig = try await DevicesRig { $0.pendingPerAddress = 3 }
        let signer = try await rig.linkKey(approval: true)
        for number in 0..<5 { #expect(try await rig.connect("sim-\(number)", signer) == .refused) }
        #expect(try await rig.ids(.pending).count == 3)
    }

    @Test func waitingDevice_NeedsNoPairingWindow() async throws {
        let rig = try await DevicesRig { $0.windowRequired = true }
        #expect(try await rig.connect("sim-1", try await rig.linkKey(approval: true)) == .refused)
        #expect(try await rig.ids(.pending) == ["sim-1"])
    }

    @Test func newDevicesOfOneKey_AreBounded() async throws {
        let rig = try await DevicesRig { $0.link.newDevices = 3 }
        let signer = try await rig.linkKey()
        for number in 0..<3 { #expect(try await rig.connect("sim-\(number)", signer) != .busy) }
        #expect(try await rig.connect("sim-3", signer) == .busy)
        rig.clock.advance(by: 1)
        #expect(try await rig.connect("sim-0", signer) != .busy, "known ones come in")
        #expect(try await rig.connect("sim-3", signer) == .admitted(deviceID: "sim-3", key: signer.key))
    }

    @Test func approvalOfADeviceThatIsNotOnTheLink_IsRefused() async throws {
        let rig = try await DevicesRig()
        try await rig.ask("lamp")
        await #expect(throws: LinkKeyError.notOnLink("lamp")) { try await rig.rooms.linkKeys.approve("lamp", by: .hub) }
        await #expect(throws: DevicesError.unknownDevice("x")) { try await rig.rooms.linkKeys.approve("x", by: .hub) }
    }

    @Test(arguments: [DeviceState.pending, .rejected, .revoked, .removed])
    func certificateOfADeviceThatIsOut_OpensNoLink(_ state: DeviceState) async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", state, serial: "0a")
        #expect(try await rig.rooms.linkKeys.admit(certificateOf: "lamp") == .refused)
        #expect(try await !rig.rooms.linkKeys.isAllowed("lamp", key: nil))
        #expect(try await rig.rooms.linkKeys.admit(certificateOf: "nobody") == .refused)
    }
}
