import Journal
import JournalTestSupport
import SecretsTestSupport
import Testing
import Wire
@testable import Devices

/// Devices that came with their product's key, and have got something since that nobody else of the product has.
@Suite struct LinkProofTests {
    enum Proof: String, CaseIterable, Sendable {
        case certificate, approvedKey, secret, deviceKey, updateKey
    }

    /// Gives a device that is in one more way to prove itself.
    private static func give(_ proof: Proof, to id: String, _ rig: DevicesRig) async throws {
        switch proof {
        case .certificate: try await rig.put(id, .approved, serial: "0a")
        case .approvedKey:
            try await rig.put(id, .approved) { $0.approvedFingerprint = DevicesRig.fingerprint("aa") }
        case .secret: try await rig.addSecret("secret of it", for: id)
        case .deviceKey: _ = try await rig.linkKey(.device(id))
        case .updateKey: _ = try await rig.authenticate(#"{"mac":"1"}"#, certified: id)
        }
    }

    @Test(arguments: Proof.allCases) func proofSinceTheFirstTime_EndsTheWayOfTheProductsKey(_ proof: Proof) async throws
    {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        #expect(try await rig.connect("sim-1", signer) == .admitted(deviceID: "sim-1", key: signer.key))
        #expect(try await rig.rooms.linkKeys.isAllowed("sim-1", key: signer.key))
        try await Self.give(proof, to: "sim-1", rig)
        rig.clock.advance(by: 1)
        #expect(try await rig.connect("sim-1", signer) == .refused)
        #expect(try await !rig.rooms.linkKeys.isAllowed("sim-1", key: signer.key))
        #expect(try await rig.events(of: "sim-1").last?.detail.contains("the device has other credentials") == true)
        let alarms = try await rig.journal.alarms(all: false, before: nil, limit: 10)
        #expect(alarms.map(\.kind) == [.linkConflict] && alarms.map(\.subject) == ["sim-1"])
        #expect(try await rig.record("sim-1")?.state == .approved, "the device stays in")
        let tie = try await rig.rooms.linkKeys.identities(ofDevices: ["sim-1"])["sim-1"]
        #expect(tie?.product == "widget")
    }

    @Test(arguments: Proof.allCases.filter { $0 != .updateKey })
    func proofBeforeTheFirstTime_KeepsTheProductsKeyOut(_ proof: Proof) async throws {
        let rig = try await DevicesRig()
        try await Self.give(proof, to: "sim-1", rig)
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) == .refused)
        #expect(try await rig.rooms.linkKeys.identities(ofDevices: ["sim-1"]).isEmpty)
    }

    /// One that was approved by eye or has a secret gets its certificate before it comes over the link.
    @Test func proofOfADeviceThatWaits_KeepsTheProductsKeyOut() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey(approval: true)
        #expect(try await rig.connect("sim-1", signer) == .refused)
        try await rig.addSecret("secret of it", for: "sim-1")
        rig.clock.advance(by: 1)
        #expect(try await rig.connect("sim-1", signer) == .refused)
        #expect(try await rig.actions(of: "sim-1").last == "link.refuse")
    }

    @Test func certificateAndOwnKey_LetTheDeviceInInstead() async throws {
        let rig = try await DevicesRig()
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) != .refused)
        try await Self.give(.certificate, to: "sim-1", rig)
        let own = try await rig.linkKey(.device("sim-1"))
        #expect(try await rig.rooms.linkKeys.admit(certificateOf: "sim-1") == .admitted(deviceID: "sim-1", key: nil))
        #expect(try await rig.connect("sim-1", own) == .admitted(deviceID: "sim-1", key: own.key))
        #expect(try await rig.rooms.linkKeys.isAllowed("sim-1", key: own.key))
        #expect(try await rig.rooms.linkKeys.isAllowed("sim-1", key: nil))
    }

    @Test func firstKeyOfItsOwn_EndsTheLinksOfADevice() async throws {
        let rig = try await DevicesRig()
        #expect(try await rig.connect("sim-1", try await rig.linkKey()) != .refused)
        let log = EndingLog(rig.journal.endings)
        _ = try await rig.linkKey(.device("never-on-link"))
        #expect(log.heard.isEmpty)
        _ = try await rig.linkKey(.device("sim-1"))
        #expect(log.heard == [.deviceLink("sim-1")])
        _ = try await rig.linkKey(.device("sim-1"))
        #expect(log.heard.count == 1, "no link of the product's key is left")
    }

    @Test func proofThatIsGone_OpensTheWayAgain() async throws {
        let rig = try await DevicesRig()
        let signer = try await rig.linkKey()
        #expect(try await rig.connect("sim-1", signer) != .refused)
        let own = try await rig.linkKey(.device("sim-1"))
        try await rig.addSecret("secret of it", for: "sim-1", life: 60)
        try await rig.rooms.linkKeys.revoke(own.key, by: .hub)
        rig.clock.advance(by: 1)
        #expect(try await rig.connect("sim-1", signer) == .refused)
        rig.clock.advance(by: 60)
        #expect(try await rig.connect("sim-1", signer) != .refused)
    }
}
