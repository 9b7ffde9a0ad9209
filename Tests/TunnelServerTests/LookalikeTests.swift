internal import Devices
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
import PKI
internal import Reach
internal import Rooms
internal import RouteTestSupport
import Store
import Synchronization
import Testing
import Wire

@testable import TunnelServer

/// Devices whose IDs are one to Unicode and two by their bytes: what lets into one lets into no other.
@Suite struct LookalikeTests {
    private static let (one, other) = ("SK-1", "S\u{212A}-1")

    private static func rig() async throws -> IssuingRig {
        let rig = try await IssuingRig()
        let devices = rig.rooms.devices
        try await rig.rooms.journal.store.write { db in
            for id in [one, other] { try devices.save(Device(id: id, state: .approved, seen: 1), in: db) }
        }
        return rig
    }

    private static func judge(
        _ rig: IssuingRig, _ purpose: TunnelPurpose, token: String, peer: Peer = Peer(address: "192.0.2.1")
    ) -> Bool {
        let admitted = Mutex(false)
        HubGate(access: rig.rooms.reach.tunnels).judge(
            TunnelAccessRequest(purpose: purpose, token: token, peer: peer)
        ) { answer in
            if case .admitted = answer { admitted.withLock { $0 = true } }
        }
        return admitted.withLock { $0 }
    }

    private static func token(_ rig: IssuingRig, _ device: String) async throws -> (token: TunnelToken, text: String) {
        try await rig.rooms.reach.issueTunnelToken(
            for: device, user: "ann", scope: [.rendezvous, .client, .server], life: 1800, by: .hub)
    }

    @Test func token_LetsIntoItsOwnDeviceOnly() async throws {
        let rig = try await Self.rig()
        let (_, text) = try await Self.token(rig, Self.other)
        let uuid = try #require(TunnelUUID(bytes: [UInt8](repeating: 0x11, count: 16)))
        #expect(Self.judge(rig, .client(uuid, deviceID: Self.other), token: text))
        #expect(!Self.judge(rig, .client(uuid, deviceID: Self.one), token: text))
        let certified = try await rig.peer(Self.one, ou: "iotdevice")
        #expect(!Self.judge(rig, .rendezvous, token: text, peer: certified), "its certificate says another device")
    }

    @Test func deviceThatIsShutOut_TakesNobodyAlong() async throws {
        let rig = try await Self.rig()
        let access = rig.rooms.reach.tunnels
        let uuid = [UInt8](repeating: 0x11, count: 16)
        access.serves(Self.one, uuid: uuid)
        #expect(access.mayServe(Self.one, uuid: uuid) && !access.mayServe(Self.other, uuid: uuid))
        let (_, text) = try await Self.token(rig, Self.one)
        try await rig.issuer.remove(deviceID: Self.other, by: .hub)
        await #expect(access.token(text) != nil)
        #expect(!access.mayServe(Self.other, uuid: uuid), "its UUID stays taken")
        try await rig.issuer.remove(deviceID: Self.one, by: .hub)
        await #expect(access.token(text) == nil)
    }

    @Test func bounds_AreOfEachDevice() {
        var limits = TunnelLimits()
        limits.perDevice = 1
        var bounds = TunnelBounds(limits)
        let taken = [Self.one, Self.other, Self.one].map { id in
            bounds.take(TunnelPass(realm: "token", userName: "a", deviceID: id))
        }
        #expect(taken == [true, true, false])
    }
}
