internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
import Testing
import Wire

/// What the operator decides about keys, what it costs the device, and who hears of it.
@Suite struct IdentityDecisionTests {
    private static let name = #"{"mac":"02:00:00:00:00:01"}"#

    @Test func acceptance_IsInTheTrail_AndTheWebhookHearsOfAnAdmittedDeviceOnce() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        _ = try await rig.authenticate(Self.name, key: key)
        let identity = try #require(try await rig.identity(Self.name))
        let hook = try await rig.journal.addWebhook(NewWebhook(url: "https://desk.example/h"), by: .hub).webhook
        let log = EndingLog(rig.journal.endings)
        let operatorName = Requester(name: "user ann", address: "192.0.2.200")
        for _ in 0..<2 {
            try await rig.rooms.identities.decide(
                identity.id, authSet: identity.authSets[0].id, .accepted, by: operatorName)
        }
        let events = try await rig.events(of: identity.deviceID).filter { $0.action == "identity.accept" }
        #expect(events.map(\.requester) == [operatorName], "the second time changes nothing")
        #expect(events[0].detail == #"{"by":"operator","authSet":"\#(identity.authSets[0].id)"}"#)
        #expect(try await rig.journal.webhook(hook.id).queued == 1)
        #expect(log.heard.isEmpty, "nobody lost anything")
    }

    @Test(arguments: [AuthSetStatus.rejected, .pending])
    func acceptedKey_ThatIsTakenBack_LosesItsTokenAtOnce(_ status: AuthSetStatus) async throws {
        let rig = try await DevicesRig()
        let (record, token) = try await rig.join(Self.name, key: try PrivateKey.makeP256())
        let log = EndingLog(rig.journal.endings)
        try await rig.decide(Self.name, status)
        #expect(try await !rig.counts(token))
        #expect(log.heard == [.device(DeviceID(record))])
        #expect(try await rig.rooms.devices.device(record).state == (status == .pending ? .pending : .rejected))
        let action = try #require(try await rig.actions(of: record).last)
        #expect(action == (status == .pending ? "identity.dismiss" : "identity.reject"))
        try await rig.decide(Self.name, .accepted)
        #expect(try await !rig.counts(token), "accepted again it needs a new one")
        #expect(log.heard.count == 1)
    }

    @Test func anotherKey_AcceptedInItsPlace_EndsTheToken() async throws {
        let rig = try await DevicesRig()
        let (record, token) = try await rig.join(Self.name, key: try PrivateKey.makeP256())
        rig.clock.advance(by: 1)
        #expect(try await rig.authenticate(Self.name) == nil)
        let log = EndingLog(rig.journal.endings)
        try await rig.decide(Self.name, .rejected, place: 1)
        #expect(log.heard.isEmpty)
        #expect(try await rig.counts(token), "a stranger's key is nothing to it")
        try await rig.decide(Self.name, .accepted, place: 1)
        #expect(log.heard == [.device(DeviceID(record))])
        #expect(try await !rig.counts(token))
        #expect(try await rig.identity(Self.name)?.authSets.map(\.status) == [.rejected, .accepted])
    }

    @Test func forgottenKey_LeavesTheOthers() async throws {
        let rig = try await DevicesRig()
        let (record, token) = try await rig.join(Self.name, key: try PrivateKey.makeP256())
        rig.clock.advance(by: 1)
        _ = try await rig.authenticate(Self.name)
        let identity = try #require(try await rig.identity(Self.name))
        let log = EndingLog(rig.journal.endings)
        try await rig.rooms.identities.removeAuthSet(identity.authSets[1].id, of: identity.id, by: .hub)
        #expect(try await rig.counts(token))
        #expect(log.heard == [.deviceLink(DeviceID(record))])
        try await rig.rooms.identities.removeAuthSet(identity.authSets[0].id, of: identity.id, by: .hub)
        #expect(try await !rig.counts(token))
        #expect(log.heard.last == .device(DeviceID(record)))
        let left = try #require(try await rig.identity(Self.name))
        #expect(left.authSets.isEmpty && left.status == nil)
        #expect(try await rig.rooms.devices.device(record).state == .pending)
        await #expect(throws: IdentityError.unknown) {
            try await rig.rooms.identities.removeAuthSet(identity.authSets[0].id, of: identity.id, by: .hub)
        }
    }

    @Test func numbersOfNobody_AreRefused() async throws {
        let rig = try await DevicesRig()
        let identities = rig.rooms.identities
        _ = try await rig.join(Self.name, key: try PrivateKey.makeP256())
        _ = try await rig.authenticate(#"{"mac":"2"}"#)
        let (one, two) = (
            try #require(try await rig.identity(Self.name)), try #require(try await rig.identity(#"{"mac":"2"}"#))
        )
        let nobody = "00000000-0000-4000-8000-000000000000"
        for (identity, set) in [(nobody, one.authSets[0].id), (one.id, nobody), (one.id, two.authSets[0].id), ("", "")]
        {
            await #expect(throws: IdentityError.unknown) {
                try await identities.decide(identity, authSet: set, .rejected, by: .hub)
            }
            await #expect(throws: IdentityError.unknown) {
                try await identities.removeAuthSet(set, of: identity, by: .hub)
            }
        }
        await #expect(throws: IdentityError.unknown) { try await identities.revokeToken(ofAuthSet: nobody, by: .hub) }
        for text in [nobody, "", "not a UUID", two.deviceID + "x"] {
            await #expect(throws: InventoryError.unknownIdentity(text)) {
                try await identities.deviceID(ofIdentity: text)
            }
        }
        #expect(try await identities.deviceID(ofIdentity: one.id) == one.deviceID)
        #expect(
            try await identities.deviceIDs(ofIdentities: [nobody, two.id, "x", one.id]).sorted()
                == [one.deviceID, two.deviceID].sorted())
        #expect(try await identities.deviceIDs(ofIdentities: []) == [])
    }

    /// The operator shut the record out: its keys say the same, so that no change of another one lets it in.
    @Test(arguments: [DeviceState.rejected, .revoked])
    func recordThatIsShutOut_RefusesAllItsKeys(_ state: DeviceState) async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        let (record, token) = try await rig.join(Self.name, key: key)
        rig.clock.advance(by: 1)
        _ = try await rig.authenticate(Self.name)
        try await rig.end(record, as: state)
        let identity = try #require(try await rig.identity(Self.name))
        #expect(identity.isShutOut && identity.status == .rejected)
        #expect(identity.authSets.map(\.status) == [.rejected, .rejected])
        #expect(try await !rig.counts(token))
        #expect(try await rig.authenticate(Self.name, key: key) == nil)
        #expect(try await rig.authenticate(Self.name) == nil)
        #expect(try await rig.identity(Self.name)?.authSets.count == 2, "no further key is remembered")
        try await rig.decide(Self.name, .accepted)
        #expect(try await rig.authenticate(Self.name, key: key) != nil)
        #expect(try await rig.rooms.devices.device(record).state == .approved)
    }

    /// With a certificate its keys keep what they were: the hold may be lifted.
    @Test func recordWithACertificate_ThatIsShutOut_KeepsItsKeys() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let token = try #require(try await rig.authenticate(Self.name, certified: "lamp"))
        try await rig.end("lamp", as: .revoked)
        let identity = try #require(try await rig.identity(Self.name))
        #expect(identity.status == .rejected && identity.authSets[0].status == .accepted)
        #expect(identity.status(of: identity.authSets[0]) == .rejected)
        #expect(try await !rig.counts(token))
        try await rig.put("lamp", .approved, serial: "0a")
        #expect(try await rig.counts(token))
    }
}
