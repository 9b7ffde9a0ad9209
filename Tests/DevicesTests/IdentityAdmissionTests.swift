internal import Encoding
internal import Journal
internal import JournalTestSupport
import PKI
internal import Store
internal import Synchronization
import Testing
import Wire
@testable import Devices

/// Which keys of the update protocol are let in, and why.
@Suite struct IdentityAdmissionTests {
    private static let name = #"{"mac":"02:00:00:00:00:01"}"#

    @Test func unknownDevice_WaitsForTheOperator_UnderItsUUID() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        #expect(try await rig.authenticate(Self.name, key: key, tier: "micro") == nil)
        let identity = try #require(try await rig.identity(Self.name))
        #expect(identity.status == .pending && identity.tier == "micro" && identity.checkedInAt == nil)
        #expect(identity.authSets.map(\.publicKey) == [key.publicKey.pem()])
        #expect(identity.id == identity.deviceID && UniqueID.isValid(identity.id))
        let device = try await rig.rooms.devices.device(identity.deviceID)
        #expect(device.state == .pending && device.fingerprint == key.publicKey.fingerprint)
        #expect(try await rig.actions(of: identity.deviceID) == ["device.pending", "identity.add"])
        let count = try await rig.events().count
        for _ in 0..<3 { #expect(try await rig.authenticate(Self.name, key: key) == nil) }
        #expect(try await rig.events().count == count, "what waits already costs no line")
    }

    @Test func certificateOfTheHub_LetsItsDeviceIn() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let token = try #require(try await rig.authenticate(Self.name, certified: "lamp"))
        let session = try #require(try await rig.rooms.identities.session(deviceToken: token))
        let identity = try #require(try await rig.identity(Self.name))
        #expect(
            session.deviceID == "lamp" && session.identityID == identity.id
                && session.authSetID == identity.authSets[0].id)
        #expect(UniqueID.isValid(identity.id) && identity.id != "lamp")
        #expect(identity.checkedInAt == rig.clock.now)
        #expect(try await rig.events(of: "lamp").last?.detail.contains(#""by":"certificate""#) == true)
        #expect(try await rig.rooms.identities.isAccepted(authSet: session.authSetID, ofDevice: "lamp"))
        #expect(try await !rig.rooms.identities.isAccepted(authSet: session.authSetID, ofDevice: "other"))
    }

    @Test(arguments: [DeviceState.pending, .rejected, .revoked, .removed])
    func certificateOfADeviceThatIsOut_ProvesNothing(_ state: DeviceState) async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", state, serial: "0a")
        #expect(try await rig.authenticate(Self.name, certified: "lamp") == nil)
        #expect(try await rig.identity(Self.name)?.deviceID != "lamp")
        #expect(try await rig.rooms.identities.identity(ofDevice: "lamp") == nil)
    }

    @Test func keyWithACertificate_LetsItsDeviceIn_WithoutTheConnectionShowingIt() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        try await rig.put("lamp", .approved, serial: "0a") { $0.fingerprint = key.publicKey.fingerprint }
        #expect(try await rig.authenticate(Self.name) == nil, "another key")
        let token = try #require(try await rig.authenticate(#"{"mac":"2"}"#, key: key))
        #expect(try await rig.rooms.identities.session(deviceToken: token)?.deviceID == "lamp")
    }

    @Test func fingerprintThatTheOperatorApproved_LetsThatKeyIn() async throws {
        let rig = try await DevicesRig()
        let (key, other) = (try PrivateKey.makeP256(), try PrivateKey.makeP256())
        _ = try await rig.authenticate(Self.name, key: key)
        let id = try #require(try await rig.identity(Self.name)).deviceID
        try await rig.rooms.devices.approve(id, fingerprint: key.publicKey.fingerprint, by: .hub)
        rig.clock.advance(by: 1)
        #expect(try await rig.authenticate(Self.name, key: other) == nil)
        let token = try #require(try await rig.authenticate(Self.name, key: key))
        #expect(try await rig.counts(token))
        let device = try await rig.rooms.devices.device(id)
        #expect(device.state == .approved && device.approvedFingerprint == nil, "used once")
        #expect(try await rig.identity(Self.name)?.authSets.map(\.status) == [.accepted, .pending])
    }

    @Test func keyRefusedByEye_StaysRefused_WhateverElseTheDeviceProves() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        try await rig.put("lamp", .approved, serial: "0a")
        _ = try await rig.authenticate(Self.name, key: key, certified: "lamp")
        try await rig.decide(Self.name, .rejected)
        #expect(try await rig.authenticate(Self.name, key: key, certified: "lamp") == nil)
        #expect(try await rig.authenticate(Self.name, certified: "lamp") != nil, "with another key it may")
        #expect(try await rig.identity(Self.name)?.authSets.count == 2)
    }

    @Test func newKeyOfADeviceThatProvesItself_TakesThePlaceOfTheOld_WhoseTokenEnds() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let (one, two) = (try PrivateKey.makeP256(), try PrivateKey.makeP256())
        let old = try #require(try await rig.authenticate(Self.name, key: one, certified: "lamp"))
        let isOver = Mutex<Bool?>(nil)
        let log = EndingLog(rig.journal.endings) { [store = rig.base.store] _ in
            let session = try? store.lookUpNow { db in
                try IdentityStore.session(token: SHA256.hash(Array(old.utf8)), in: db)?.session
            }
            isOver.withLock { $0 = session == .some(nil) }
        }
        let new = try #require(try await rig.authenticate(Self.name, key: two, certified: "lamp"))
        #expect(log.heard == [.device("lamp")])
        #expect(isOver.withLock { $0 } == true, "durable before anybody hears of it")
        #expect(try await !rig.counts(old))
        #expect(try await rig.counts(new))
        #expect(
            try await rig.identity(Self.name)?.authSets.map(\.status).sorted { $0.rawValue < $1.rawValue } == [
                .accepted, .rejected,
            ])
    }

    @Test func newNameOfADeviceThatProvesItself_EndsTheOldOne() async throws {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        let key = try PrivateKey.makeP256()
        let old = try #require(try await rig.authenticate(Self.name, key: key, certified: "lamp"))
        let new = try #require(try await rig.authenticate(#"{"mac":"2"}"#, key: key, certified: "lamp"))
        #expect(try await !rig.counts(old))
        #expect(try await rig.counts(new))
        #expect(try await rig.rooms.identities.identityCount(status: []) == 1)
        let event = try #require(try await rig.events(of: "lamp").first { $0.action == "identity.replace" })
        #expect(event.detail.contains("02:00:00:00:00:01"))
    }

    /// A name is the bytes of its canonical form.
    @Test func namesThatLookAlike_AreTwoDevices() async throws {
        let rig = try await DevicesRig()
        let names = [#"{"sn":"é"}"#, "{\"sn\":\"e\u{301}\"}"]
        let key = try PrivateKey.makeP256()
        for name in names { #expect(try await rig.authenticate(name, key: key) == nil) }
        #expect(try await rig.rooms.identities.identityCount(status: [.pending]) == 2)
        try await rig.decide(names[0], .accepted)
        #expect(try await rig.authenticate(names[0], key: key) != nil)
        #expect(try await rig.authenticate(names[1], key: key) == nil)
    }

    @Test func removedRecord_LetsNothingIn_UntilTheDeviceAsksAgain() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        let (record, token) = try await rig.join(Self.name, key: key)
        try await rig.end(record, as: .removed)
        #expect(try await !rig.counts(token))
        #expect(try await rig.identity(Self.name) == nil)
        #expect(try await rig.authenticate(Self.name, key: key) == nil)
        #expect(try await rig.identity(Self.name)?.deviceID != record, "it begins anew")
    }

    /// A record that waits again, as after the end of its certificate: an accepted key gets nothing meanwhile.
    @Test func recordThatWaitsAgain_HoldsAnAcceptedKeyBack() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        try await rig.put("lamp", .approved, serial: "0a")
        let token = try #require(try await rig.authenticate(Self.name, key: key, certified: "lamp"))
        try await rig.ask("lamp", isProven: true)
        #expect(try await !rig.counts(token))
        let identity = try #require(try await rig.identity(Self.name))
        #expect(identity.isRecordWaiting && identity.status == .pending && identity.authSets[0].status == .accepted)
        #expect(try await rig.authenticate(Self.name, key: key) == nil)
        try await rig.decide(Self.name, .accepted)
        #expect(try await rig.counts(token), "it was never taken back")
    }

    @Test(arguments: [
        (KeyKind.p256, true), (.p384, true), (.ed25519, true), (.rsa(bits: 2047), false), (.rsa(bits: 2048), true),
        (.rsa(bits: 4096), true), (.rsa(bits: 4097), false), (.rsa(bits: 1024), false),
    ])
    func kindOfKey_IsTakenOrNot(_ kind: KeyKind, isTaken: Bool) {
        #expect(AuthenticationRequest.takes(kind) == isTaken)
    }
}
