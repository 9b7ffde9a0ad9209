internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
import Testing
import Wire

/// Keys that are accepted before their device has ever asked.
@Suite struct PreauthorizedKeyTests {
    private static let name = #"{"mac":"02:00:00:00:00:01"}"#

    private static func preauthorize(
        _ rig: DevicesRig, _ key: PrivateKey, force: Bool = false
    ) async throws -> String {
        try await rig.rooms.identities.preauthorize(name, publicKey: key.publicKey, force: force, by: .hub)
    }

    @Test func firstRequestWithTheKey_LetsItIn_AndNoOtherKey() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        let id = try await Self.preauthorize(rig, key)
        let identity = try #require(try await rig.identity(Self.name))
        #expect(identity.id == id && identity.status == .preauthorized && identity.tier == "standard")
        #expect(try await rig.rooms.devices.device(identity.deviceID).fingerprint == key.publicKey.fingerprint)
        #expect(try await rig.authenticate(Self.name) == nil)
        let token = try #require(try await rig.authenticate(Self.name, key: key))
        #expect(try await rig.counts(token))
        #expect(try await rig.actions(of: identity.deviceID).contains("identity.preauthorize"))
        #expect(try await rig.events(of: identity.deviceID).last?.detail.contains(#""by":"preauthorisation""#) == true)
    }

    @Test func knownDevice_IsRefused_UnlessForced() async throws {
        let rig = try await DevicesRig()
        let (one, two) = (try PrivateKey.makeP256(), try PrivateKey.makeP256())
        let (record, token) = try await rig.join(Self.name, key: one)
        let known = try #require(try await rig.identity(Self.name))
        let count = try await rig.events().count
        await #expect(throws: IdentityError.exists(known)) { try await Self.preauthorize(rig, two) }
        #expect(try await rig.events().count == count)
        rig.clock.advance(by: 1)
        #expect(try await Self.preauthorize(rig, two, force: true) == known.id)
        #expect(try await rig.identity(Self.name)?.authSets.map(\.status) == [.accepted, .preauthorized])
        #expect(try await rig.counts(token), "until the new key is used")
        _ = try await Self.preauthorize(rig, one, force: true)
        #expect(try await rig.counts(token), "what is accepted stays so")
        let log = EndingLog(rig.journal.endings)
        #expect(try await rig.authenticate(Self.name, key: two) != nil)
        #expect(try await !rig.counts(token))
        #expect(log.heard == [.device(DeviceID(record))])
    }

    @Test func deviceThatWasShutOut_MayComeBackWithThatKey() async throws {
        let rig = try await DevicesRig()
        let key = try PrivateKey.makeP256()
        let (record, _) = try await rig.join(Self.name, key: key)
        try await rig.end(record, as: .rejected)
        _ = try await Self.preauthorize(rig, key, force: true)
        #expect(try await rig.rooms.devices.device(record).state == .pending)
        #expect(try await rig.authenticate(Self.name, key: key) != nil)
    }

    @Test func deviceThatWaitsForItsFirstRequest_IsNotForgotten() async throws {
        let rig = try await DevicesRig { $0.pendingTotal = 2 }
        let key = try PrivateKey.makeP256()
        _ = try await Self.preauthorize(rig, key)
        rig.clock.advance(by: 30 * 86_400)
        try await rig.rooms.devices.sweep()
        for number in 0..<5 {
            rig.clock.advance(by: 10)
            try await rig.ask("d\(number)", from: "192.0.2.\(number)")
        }
        #expect(try await rig.authenticate(Self.name, key: key) != nil, "nor crowded out")
    }
}
