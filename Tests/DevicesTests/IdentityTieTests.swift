internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
import Testing
import Wire

/// A device that waited under a UUID proves that it is one the hub knows: two records become one, and nobody takes the
/// name of another.
@Suite struct IdentityTieTests {
    private static let name = #"{"mac":"02:00:00:00:00:01"}"#

    /// A certified device beside an identity that waits.
    private static func site() async throws -> (rig: DevicesRig, key: PrivateKey, stand: String) {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        _ = try await rig.authenticate(name, key: key)
        let stand = try #require(try await rig.identity(name)).deviceID
        try await rig.put("lamp", .approved, serial: "0a")
        return (rig, key, stand)
    }

    @Test func identityThatWaits_GoesToTheRecordItsKeyProves() async throws {
        let (rig, key, stand) = try await Self.site()
        let log = EndingLog(rig.journal.endings)
        let token = try #require(try await rig.authenticate(Self.name, key: key, certified: "lamp"))
        #expect(try await rig.rooms.identities.session(deviceToken: token)?.deviceID == "lamp")
        #expect(try await rig.record(stand) == nil, "the stand-in that waited is gone")
        #expect(log.heard == [.device(DeviceID(stand))])
        #expect(try await rig.actions(of: "lamp").contains("identity.tie"))
        #expect(try await rig.rooms.identities.identityCount(status: []) == 1)
    }

    @Test func deviceThatHadAnotherName_LosesItByTheTie() async throws {
        let (rig, key, _) = try await Self.site()
        let old = try #require(try await rig.authenticate(#"{"mac":"old"}"#, certified: "lamp"))
        #expect(try await rig.authenticate(Self.name, key: key, certified: "lamp") != nil)
        #expect(try await !rig.counts(old))
        #expect(try await rig.identity(#"{"mac":"old"}"#) == nil)
    }

    /// The holder of a certificate asks with a key of its own under the name of somebody else.
    @Test func certificateHolder_CannotTakeTheNameOfAnother() async throws {
        let (rig, _, stand) = try await Self.site()
        #expect(try await rig.authenticate(Self.name, certified: "lamp") == nil)
        let identity = try #require(try await rig.identity(Self.name))
        #expect(identity.deviceID == stand && identity.status == .pending)
        #expect(identity.authSets.count == 2, "its key waits there")
        #expect(try await rig.rooms.identities.identity(ofDevice: "lamp") == nil)
    }

    /// The key that came first is that of the device's certificate: whichever key it shows now, the name is its own.
    @Test func firstKeyWithACertificate_ProvesTheName_ForALaterKeyToo() async throws {
        let (rig, key, stand) = try await Self.site()
        try await rig.put("lamp", .approved, serial: "0a") { $0.fingerprint = key.publicKey.fingerprint }
        rig.clock.advance(by: 1)
        #expect(try await rig.authenticate(Self.name, certified: "lamp") != nil)
        #expect(try await rig.identity(Self.name)?.deviceID == "lamp")
        #expect(try await rig.record(stand) == nil)
    }

    @Test func ofTwoKeysOfOneSecond_NoneIsTheFirst() async throws {
        let (rig, key, stand) = try await Self.site()
        _ = try await rig.authenticate(Self.name, address: "192.0.2.8")
        #expect(try await rig.authenticate(Self.name, key: key, certified: "lamp") == nil)
        #expect(try await rig.identity(Self.name)?.deviceID == stand)
    }

    @Test func nameThatTheOperatorGave_GoesWithItsKeyOnly() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let key = try PrivateKey.makeP256()
        _ = try await rig.rooms.identities.preauthorize(Self.name, publicKey: key.publicKey, force: false, by: .hub)
        let stand = try #require(try await rig.identity(Self.name)).deviceID
        #expect(try await rig.authenticate(Self.name, certified: "lamp") == nil)
        #expect(try await rig.identity(Self.name)?.deviceID == stand)
        #expect(try await rig.authenticate(Self.name, key: key, certified: "lamp") != nil)
        #expect(try await rig.identity(Self.name)?.deviceID == "lamp")
    }

    @Test func nameOfADeviceThatWasShutOut_StaysItsOwn() async throws {
        let (rig, key, stand) = try await Self.site()
        try await rig.end(stand, as: .rejected)
        #expect(try await rig.authenticate(Self.name, key: key, certified: "lamp") == nil)
        #expect(try await rig.identity(Self.name)?.deviceID == stand)
        try await rig.put("other", .approved, serial: "0b")
        _ = try await rig.authenticate(#"{"mac":"2"}"#, key: key, certified: "other")
        #expect(try await rig.authenticate(#"{"mac":"2"}"#, certified: "lamp") == nil, "it has a certificate")
        #expect(try await rig.identity(#"{"mac":"2"}"#)?.deviceID == "other")
    }

    /// Its key waits, so that nothing but its certificate says that the name is its own.
    @Test func nameOfADeviceWithACertificate_GoesToNobody_WhoeverHasItsKey() async throws {
        let (rig, _, _) = try await Self.site()
        let (key, name) = (try PrivateKey.makeP256(), #"{"mac":"2"}"#)
        try await rig.put("other", .approved, serial: "0b")
        _ = try await rig.authenticate(name, key: key, certified: "other")
        try await rig.decide(name, .pending)
        #expect(try await rig.authenticate(name, key: key, certified: "lamp") == nil)
        #expect(try await rig.identity(name)?.deviceID == "other")
        #expect(try await rig.authenticate(name, key: key, certified: "other") != nil)
    }
}
