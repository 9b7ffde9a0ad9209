internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
import Testing
import Wire

/// Bounds of what devices of the update protocol can make the hub keep.
@Suite struct IdentityLimitTests {
    private static func name(_ number: Int) -> String { "{\"sn\":\"\(number)\"}" }

    @Test func acceptedKeys_AreSoMany_AndOneThatIsOutMakesRoom() async throws {
        let rig = try await DevicesRig { $0.acceptedDevices = 2 }
        #expect(rig.rooms.identities.acceptedLimit == 2)
        let keys = try (0..<4).map { _ in try PrivateKey.makeP256() }
        for number in 0..<2 { _ = try await rig.join(Self.name(number), key: keys[number]) }
        _ = try await rig.authenticate(Self.name(2), key: keys[2])
        await #expect(throws: IdentityError.deviceLimit) { try await rig.decide(Self.name(2), .accepted) }
        #expect(try await rig.identity(Self.name(2))?.status == .pending)
        _ = try await rig.rooms.identities.preauthorize(
            Self.name(3), publicKey: keys[3].publicKey, force: false, by: .hub)
        #expect(try await rig.authenticate(Self.name(3), key: keys[3]) == nil, "it waits for its place")
        // Another key of a device that is in takes no further place.
        rig.clock.advance(by: 1)
        _ = try await rig.authenticate(Self.name(0), key: keys[2])
        try await rig.decide(Self.name(0), .accepted, place: 1)
        let record = try #require(try await rig.identity(Self.name(1))).deviceID
        try await rig.end(record, as: .revoked)
        #expect(try await rig.authenticate(Self.name(3), key: keys[3]) != nil)
        await #expect(throws: IdentityError.deviceLimit) { try await rig.decide(Self.name(2), .accepted) }
    }

    /// Devices with certificates that are shut out keep their accepted key, but take no place.
    @Test func deviceOnHold_TakesNoPlace() async throws {
        let rig = try await DevicesRig { $0.acceptedDevices = 1 }
        try await rig.put("lamp", .approved, serial: "0a")
        #expect(try await rig.authenticate(Self.name(0), certified: "lamp") != nil)
        try await rig.put("door", .approved, serial: "0b")
        #expect(try await rig.authenticate(Self.name(1), certified: "door") == nil)
        try await rig.end("lamp", as: .revoked)
        rig.clock.advance(by: 600)
        #expect(try await rig.authenticate(Self.name(1), certified: "door") != nil)
    }

    @Test(arguments: [0, -1]) func limitOfNone_AndNoLimit(_ limit: Int) async throws {
        let rig = try await DevicesRig { $0.acceptedDevices = limit }
        _ = try await rig.authenticate(Self.name(0))
        if limit == 0 {
            await #expect(throws: IdentityError.deviceLimit) { try await rig.decide(Self.name(0), .accepted) }
        } else {
            try await rig.decide(Self.name(0), .accepted)
        }
    }

    @Test func strangersKeys_AreSixteen_AndTheDeviceItselfMakesRoomForItsOwn() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let own = try PrivateKey.makeP256()
        let token = try #require(try await rig.authenticate(Self.name(0), key: own, certified: "lamp"))
        for _ in 0..<20 {
            rig.clock.advance(by: 1)
            #expect(try await rig.authenticate(Self.name(0)) == nil)
        }
        #expect(try await rig.identity(Self.name(0))?.authSets.count == 16)
        #expect(try await rig.counts(token))
        let next = try PrivateKey.makeP256()
        #expect(try await rig.authenticate(Self.name(0), key: next, certified: "lamp") != nil)
        let sets = try #require(try await rig.identity(Self.name(0))).authSets
        #expect(sets.count == 16 && sets.filter { $0.status == .accepted }.map(\.publicKey) == [next.publicKey.pem()])
    }

    @Test func keyThatTheOperatorApproved_FindsRoom_AmongStrangersKeys() async throws {
        let rig = try await DevicesRig()
        let own = try PrivateKey.makeP256()
        for number in 0..<16 {
            _ = try await rig.authenticate(Self.name(0), address: "192.0.2.\(number)")
            rig.clock.advance(by: 1)
        }
        #expect(try await rig.authenticate(Self.name(0), key: own) == nil)
        let record = try #require(try await rig.identity(Self.name(0))).deviceID
        #expect(
            try await rig.identity(Self.name(0))?.authSets.contains { $0.publicKey == own.publicKey.pem() } == false)
        try await rig.put(record, .pending) { $0.approvedFingerprint = own.publicKey.fingerprint }
        #expect(try await rig.authenticate(Self.name(0), key: own) != nil)
    }

    @Test func keysThatWait_AreBoundedAtTheHub_ButEachDeviceHasItsFirst() async throws {
        let rig = try await DevicesRig { ($0.pendingTotal, $0.pendingPerAddress) = (2, 9) }
        for _ in 0..<6 { _ = try await rig.authenticate(Self.name(0)) }
        #expect(try await rig.identity(Self.name(0))?.authSets.count == 4, "twice as many as devices may wait")
        _ = try await rig.authenticate(Self.name(1), address: "192.0.2.99")
        #expect(try await rig.identity(Self.name(1))?.authSets.count == 1)
        _ = try await rig.authenticate(Self.name(1), address: "192.0.2.99")
        #expect(try await rig.identity(Self.name(1))?.authSets.count == 1)
    }

    @Test func invented_Names_AreBoundedAsWaitingDevicesAre() async throws {
        let rig = try await DevicesRig { ($0.pendingTotal, $0.pendingPerAddress) = (100, 3) }
        for number in 0..<9 { #expect(try await rig.authenticate(Self.name(number)) == nil) }
        #expect(try await rig.rooms.identities.identityCount(status: []) == 3)
        #expect(try await rig.ids().count == 3)
        #expect(try await rig.actions().filter { $0 == "identity.add" }.count == 3)
    }

    @Test func deviceThatChangesItsKeyInALoop_HasToWait() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        try await rig.put("door", .approved, serial: "0b")
        var given = 0
        for _ in 0..<25 {
            if try await rig.authenticate(Self.name(0), certified: "lamp") != nil { given += 1 }
        }
        #expect(given == 20)
        let last = try #require(try await rig.identity(Self.name(0))?.authSets.first { $0.status == .accepted })
        #expect(try await rig.authenticate(Self.name(1), certified: "door") != nil, "another device is not held up")
        rig.clock.jump(by: 86_400)
        #expect(try await rig.authenticate(Self.name(0), certified: "lamp") == nil, "setting the clock helps nobody")
        rig.clock.advance(by: 600)
        #expect(try await rig.authenticate(Self.name(0), certified: "lamp") != nil)
        #expect(try await rig.authenticate(Self.name(0), certified: "lamp") == nil)
        let next = try #require(try await rig.identity(Self.name(0))?.authSets.first { $0.status == .accepted })
        #expect(next.id != last.id)
    }
}
