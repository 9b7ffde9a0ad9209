import Administration
import IssuingTestSupport
import Issuing
import PKI
import Devices
import Journal
import Reach
internal import Rooms
import Secrets
internal import SecretsTestSupport
import Synchronization
import Testing
import Wire

/// Rights to reach a device, without a tunnel server and without HTTP.
@Suite struct TunnelAdministrationTests {
    /// A tunnel server that says what it is told to.
    private struct FixedTunnels: TunnelControl {
        var isOn = true
        var proxy: TunnelProxyAddress? = TunnelProxyAddress(host: "", port: 2213)
        var agents: Set<DeviceID> = []
        var uuids: [TunnelUUID] = []

        func isConnected(_ device: String) async throws -> Bool { agents.contains(DeviceID(device)) }
        func servers(of device: String) async throws -> [TunnelUUID] { uuids }
        func close(_ id: UInt64) async throws -> Bool { false }
        func drain() async throws -> Int { 3 }
    }

    private static func rig() async throws -> IssuingRig {
        let rig = try await IssuingRig()
        try await rig.addSecret("s3cret", for: "d1")
        _ = try await TestDevice("d1", secret: "s3cret").enrol(at: rig)
        return rig
    }

    private static func rights(_ rig: IssuingRig, _ tunnels: FixedTunnels) -> TunnelAdministration {
        TunnelAdministration(
            issuer: rig.issuer, devices: rig.rooms.devices, reach: rig.rooms.reach, tunnels: tunnels)
    }

    private static func opening(_ key: PrivateKey?, minutes: Int = 480) -> TunnelAdministration.Opening {
        .init(device: "d1", publicKeyPEM: key?.publicKey.pem(), minutes: minutes, renewedToken: nil)
    }

    @Test func connectedAgent_IsReachedWithTokenAndCertificate() async throws {
        let rig = try await Self.rig()
        let tunnels = FixedTunnels(agents: [DeviceID("d1")])
        let rights = Self.rights(rig, tunnels)
        let grant = try await rights.open(Self.opening(try PrivateKey.makeP256()), by: .hub)
        #expect(grant.server == TunnelAdministration.serverUUID(of: "d1"))
        #expect(grant.lifeSeconds == 480 * 60 && grant.proxy.port == 2213)
        #expect(!grant.chain.isEmpty && !grant.authorities.isEmpty)
        #expect(try await rig.rooms.reach.tunnelTokens(of: "d1", limit: 10).map(\.id) == [grant.token.id])
    }

    @Test func withoutAKey_TheServerBesideTheAgentComesFirst() async throws {
        let rig = try await Self.rig()
        let own = try #require(TunnelUUID(bytes: NameUUID.tunnel(of: "d1")))
        let other = try #require(TunnelUUID(bytes: [UInt8](repeating: 0x11, count: 16)))
        for (uuids, server) in [([own, other], other), ([own], own)] {
            let rights = Self.rights(rig, FixedTunnels(uuids: uuids))
            let grant = try await rights.open(Self.opening(nil), by: .hub)
            #expect(grant.server == server.braced && grant.chain.isEmpty)
        }
    }

    @Test func whatCannotBeReached_LeavesNoToken() async throws {
        let rig = try await Self.rig()
        let key = try PrivateKey.makeP256()
        let cases: [(FixedTunnels, TunnelAdministration.Opening, AdministrationError)] = [
            (FixedTunnels(proxy: nil), Self.opening(key), .tunnelsOff),
            (FixedTunnels(), Self.opening(key), .deviceNotConnected("d1")),
            (FixedTunnels(), Self.opening(nil), .deviceNotConnected("d1")),
            (FixedTunnels(), Self.opening(nil, minutes: 0), .invalid("minutes must be 1 to 1440")),
            (FixedTunnels(), Self.opening(nil, minutes: 1441), .invalid("minutes must be 1 to 1440")),
        ]
        for (tunnels, opening, error) in cases {
            let rights = Self.rights(rig, tunnels)
            await #expect(throws: error) { try await rights.open(opening, by: .hub) }
        }
        #expect(try await rig.rooms.reach.tunnelTokens(of: "d1", limit: 10).isEmpty)
    }

    @Test func tokenAlone_NeedsATunnelServer() async throws {
        let rig = try await Self.rig()
        let off = Self.rights(rig, FixedTunnels(isOn: false))
        await #expect(throws: AdministrationError.tunnelsOff) {
            try await off.issueToken(for: "d1", user: nil, scope: .client, minutes: 30, by: .hub)
        }
        let rights = Self.rights(rig, FixedTunnels())
        let made = try await rights.issueToken(for: "d1", user: "ann", scope: .client, minutes: 30, by: .hub)
        #expect(made.token.user == "ann" && !made.text.isEmpty)
        #expect(try await rights.drain(by: .hub) == 3)
    }
}
