internal import Encoding
internal import Journal
internal import JournalTestSupport
internal import Secrets
internal import SecretsTestSupport
internal import Store
internal import Synchronization
import Testing
import Wire
@testable import Devices

/// What ends with a device's right to enrol, in one transaction.
@Suite struct DeviceEndTests {
    private struct Refused: Error {}

    /// A device with something of everything that is kept.
    private static func full(_ rig: DevicesRig, _ id: String = "lamp") async throws {
        try await rig.put(id, .approved, serial: "0a") { $0.approvedFingerprint = DevicesRig.fingerprint("a1") }
        try await rig.addSecret("s3cret", for: id)
        let report = InventoryReport([.init(name: "os", value: .string("debian"))])
        try await rig.rooms.inventory.replaceInventory(report, of: id)
        try await rig.rooms.inventory.setTags(report, of: id, replacing: true, ifMatch: nil, by: .hub)
        try await rig.rooms.inventory.addToGroup("hall", [id], by: .hub)
        try await rig.rooms.configurations.changeConfigured(
            of: id, set: ["a": "1"], remove: [], isReplacing: false, by: .hub)
        _ = try await rig.authenticate("{\"name\":\"\(id)\"}", certified: id)
        try await rig.base.store.write { [journal = rig.journal] db in
            try journal.raiseAlarm(.certificateExpiring, id, in: db)
            try journal.raiseAlarm(.secretLocked, id, in: db)
        }
    }

    /// What is kept of a device, in words.
    private static func kept(_ rig: DevicesRig, _ id: String = "lamp") async throws -> [String] {
        var kept: [String] = []
        if try await rig.rooms.devices.device(id).approvedFingerprint != nil { kept.append("key") }
        if try await rig.secrets.secretCount() > 0 { kept.append("secret") }
        let attributes = try await rig.rooms.inventory.inventory(of: id).attributes
        if attributes.contains(where: { $0.scope == .inventory }) { kept.append("inventory") }
        if attributes.contains(where: { $0.scope == .tags }) { kept.append("tags") }
        if try await rig.rooms.inventory.group(of: id) != nil { kept.append("group") }
        if try await rig.rooms.configurations.configuration(of: id) != DeviceConfiguration() {
            kept.append("configuration")
        }
        if try await rig.rooms.identities.identity(ofDevice: id) != nil { kept.append("identity") }
        if try await !rig.journal.alarms(all: false, before: nil, limit: 9).isEmpty { kept.append("alarms") }
        return kept
    }

    private static let all = [
        "key", "secret", "inventory", "tags", "group", "configuration", "identity", "alarms",
    ]

    @Test(arguments: [DeviceState.revoked, .rejected])
    func deviceThatIsShutOut_LosesItsRights_AndKeepsWhatIsKnownOfIt(_ state: DeviceState) async throws {
        let rig = try await DevicesRig()
        try await Self.full(rig)
        // The proof by certificate has used the approved key.
        try await rig.base.store.write { [devices = rig.rooms.devices] db in
            var device = try #require(try devices.device("lamp", in: db))
            device.approvedFingerprint = DevicesRig.fingerprint("a1")
            try devices.save(device, in: db)
        }
        #expect(try await Self.kept(rig) == Self.all)
        try await rig.end("lamp", as: state)
        #expect(try await Self.kept(rig) == ["inventory", "tags", "group", "configuration", "identity"])
        #expect(try await rig.rooms.devices.isShutOut("lamp"))
    }

    @Test func removedDevice_LeavesItsRecordAlone() async throws {
        let rig = try await DevicesRig()
        try await Self.full(rig)
        try await rig.put("other", .approved)
        try await rig.rooms.inventory.addToGroup("hall", ["other"], by: .hub)
        try await rig.end("lamp", as: .removed)
        #expect(try await Self.kept(rig) == [])
        let device = try await rig.rooms.devices.device("lamp")
        #expect(device.state == .removed && device.serial == "0a", "for the trail")
        #expect(try await rig.rooms.inventory.devices(inGroup: "hall", onlyIdentified: false) == ["other"])
    }

    @Test func transactionThatFails_EndsNothing_AndTellsNobody() async throws {
        let rig = try await DevicesRig()
        try await Self.full(rig)
        let hook = try await rig.journal.addWebhook(NewWebhook(url: "https://desk.example/h"), by: .hub).webhook
        let before = (try await Self.kept(rig), try await rig.events().count)
        rig.rooms.devices.endWork.add { device, _ in if device.id == "lamp" { throw Refused() } }
        await #expect(throws: Refused.self) { try await rig.end("lamp", as: .removed) }
        #expect(try await Self.kept(rig) == before.0)
        #expect(try await rig.rooms.devices.device("lamp").state == .approved)
        #expect(try await rig.events().count == before.1)
        #expect(try await rig.journal.webhook(hook.id).queued == 0)
    }

    @Test func otherParts_SeeTheNewState_InTheOrderInWhichTheyJoined() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let seen = Mutex<[String]>([])
        for name in ["first", "second"] {
            rig.rooms.devices.endWork.add { [devices = rig.rooms.devices] device, db in
                let stored = try devices.device(device.id, in: db)?.state.rawValue ?? "none"
                seen.withLock { $0.append("\(name) \(device.state) \(stored)") }
            }
        }
        try await rig.end("lamp", as: .revoked)
        #expect(seen.withLock { $0 } == ["first revoked revoked", "second revoked revoked"])
    }

    @Test(
        arguments: [
            (DeviceState.rejected, "refused", #"{"by":"operator"}"#), (.revoked, "revoked", "{}"), (.removed, nil, ""),
        ] as [(DeviceState, String?, String)])
    func webhook_HearsOfTheEnd(_ state: DeviceState, event: String?, detail: String) async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let hook = try await rig.journal.addWebhook(NewWebhook(url: "https://desk.example/h"), by: .hub).webhook
        try await rig.end("lamp", as: state)
        let message = try await rig.journal.nextDelivery(of: hook.id)?.message
        #expect(message?.event == event)
        if let message { #expect(message.subject == "lamp" && message.detail == detail) }
    }
}
