internal import Devices
internal import Encoding
internal import Journal
internal import JournalTestSupport
import Testing
import Wire

/// Attributes that the hub knows by itself.
@Suite struct ComputedAttributeTests {
    @Test func attributesThatTheHubKnows_FollowFromTheRecord() async throws {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        for id in ["lamp", "door"] { try await rig.put(id, .approved, serial: "0a") }
        await #expect(throws: DevicesError.unknownDevice("nobody")) {
            try await rig.rooms.inventory.inventory(of: "nobody")
        }
        _ = try await rig.authenticate(#"{"mac":"02","status":"mine","n":5}"#, certified: "lamp")
        try await rig.rooms.inventory.addToGroup("hall", ["lamp"], by: .hub)
        let inventory = try await rig.rooms.inventory.inventory(of: "lamp")
        let found = inventory.attributes.map {
            "\($0.scope.rawValue).\($0.name)=\(String(decoding: $0.value.json.encoded(), as: UTF8.self))"
        }
        #expect(
            found == [
                #"identity.mac="02""#, "identity.n=5", #"identity.status="accepted""#,
                #"system.created_ts="2030-03-17T17:46:40Z""#, #"system.deviceID="lamp""#, #"system.group="hall""#,
                #"system.updated_ts="2030-03-17T17:46:40Z""#,
            ])
        #expect(inventory.identityID == (try await rig.rooms.identities.identity(ofDevice: "lamp")?.id))
        #expect(try await rig.rooms.inventory.inventory(of: "door").identityID == nil)
    }

    /// The word of a device that does not speak the update protocol follows from its record.
    @Test(arguments: [
        (DeviceState.approved, "accepted"), (.pending, "pending"), (.revoked, "rejected"), (.rejected, "rejected"),
        (.removed, "rejected"),
    ])
    func status_OfADeviceWithoutIdentity(_ state: DeviceState, word: String) async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", state)
        let attributes = try await rig.rooms.inventory.inventory(of: "lamp").attributes
        #expect(attributes.first { $0.scope == .identity && $0.name == "status" }?.value == .string(word))
    }
}
