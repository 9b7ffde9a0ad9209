import HostilePeer
import PKI
import Synchronization
import Testing
import Wire

@testable import DeviceClient

/// A device that is provisioned knows its hub by the hub's own certificate: not by that of another server which the
/// site's authority signed as well.
@Suite(.timeLimit(.minutes(2))) struct HubRecognitionTests {
    private static func isNotTheHub(_ error: DeviceError?) -> Bool {
        if case .fakeHub(_, .notTheHub) = error { true } else { false }
    }

    /// A provisioned device's hub.
    private static func provisioned(_ path: String, uris: [String] = []) async throws -> ScriptedHub {
        let authority = try TestAuthority(now: ScriptedHub.now)
        let hub = try ScriptedHub(authority: authority, identity: try authority.server(uris: uris)) { _, number in
            .approve(secret: number == 0 ? ScriptedHub.secret : "")
        }
        _ = try await hub.run { try await Device.test(path, hubs: [$0]).provision(secret: ScriptedHub.secret) }
        return hub
    }

    /// The same authority's server of another kind, or with another name.
    private static func other(
        _ hub: ScriptedHub, uris: [String] = [], profile: CertificateProfile = .server,
        reply: @escaping @Sendable (ProvisionRequest, Int) throws -> ScriptedHub.Reply = { _, _ in .approve(secret: "")
        }
    ) throws -> ScriptedHub {
        try ScriptedHub(
            authority: hub.authority,
            directory: Directory(
                caCert: hub.authority.certificate.pem, services: ["mqtts": "mqtts://impostor.test:8883"]),
            identity: try hub.authority.server(uris: uris, profile: profile), reply: reply)
    }

    @Test(arguments: [[], [HubName.uri]])
    func serviceOfTheSite_IsNotTheHub_ForRenewalDirectoryAndReport(_ uris: [String]) async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try await Self.provisioned(path)
        let impostor = try Self.other(hub, uris: uris, profile: .service) { _, _ in .rejected }
        try await impostor.run { address async throws in
            let device = try Device.test(path, hubs: [address])
            let error = await #expect(throws: DeviceError.self) { try await device.renew() }
            #expect(Self.isNotTheHub(error))
            #expect(try await device.service("mqtts") == "mqtts://hub.test:8883", "what its own hub said")
            await device.reportForgeries(to: try HubFinder.candidate(address))
        }
        #expect(impostor.requests.isEmpty && impostor.reports.isEmpty)
    }

    @Test func hubOfAnOlderRelease_IsBelieved_UntilItWasSeenWithItsMark() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let old = try await Self.provisioned(path)
        try await old.run(mutual: true) { _ = try await Device.test(path, hubs: [$0]).renew() }
        #expect(try DeviceFolder(path: path).state().knowsHubMark == false)
        // The hub is updated: at its start it has its next certificate.
        let new = try Self.other(old, uris: [HubName.uri])
        try await new.run(mutual: true) { _ = try await Device.test(path, hubs: [$0]).renew() }
        #expect(try DeviceFolder(path: path).state().knowsHubMark)
        // From now on, also after a restart of the device, the old form is nobody's.
        try await old.run { address async throws in
            let error = await #expect(throws: DeviceError.self) {
                try await Device.test(path, hubs: [address]).renew()
            }
            #expect(Self.isNotTheHub(error))
        }
        try await new.run(mutual: true) { _ = try await Device.test(path, hubs: [$0]).renew() }
        #expect(try DeviceFolder(path: path).state().knowsHubMark)
        try await Device.test(path, hubs: ["127.0.0.1:1"]).reset()
        #expect(try DeviceFolder(path: path).state().knowsHubMark == false)
    }

    @Test func mark_IsLearntFromTheDirectoryToo() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let old = try await Self.provisioned(path)
        let new = try Self.other(old, uris: [HubName.uri])
        try await new.run(mutual: true) { address async throws in
            _ = try await Device.test(path, hubs: [address]).services()
        }
        #expect(try DeviceFolder(path: path).state().knowsHubMark)
    }

    @Test func firstContactWithAMarkedHub_IsRemembered() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try await Self.provisioned(path, uris: [HubName.uri])
        let old = try Self.other(hub)
        try await old.run { address async throws in
            let error = await #expect(throws: DeviceError.self) {
                try await Device.test(path, hubs: [address]).renew()
            }
            #expect(Self.isNotTheHub(error))
        }
        #expect(old.requests.isEmpty)
    }

    @Test func serviceOfTheSite_IsNoTunnelProxy() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let authority = try TestAuthority(now: ScriptedHub.now)
        let service = try authority.server(profile: .service)
        let asked = Mutex(0)
        try await ScriptedServer.run(tls: .init { _ in service }) { peer in
            while try await peer.request() != nil { asked.withLock { $0 += 1 } }
        } body: { proxy async throws in
            let directory = Directory(
                caCert: authority.certificate.pem, services: ["tunnelProxy": "ssl://127.0.0.1:\(proxy.port)"])
            let hub = try ScriptedHub(authority: authority, directory: directory)
            try await hub.run { address async throws in
                let device = try Device.test(path, hubs: [address])
                try await device.provision(secret: ScriptedHub.secret)
                let events = device.events
                let serving = Task { try await device.serveTunnels(TunnelOffer(ports: [22])) }
                var reason: String?
                for await event in events {
                    guard case .tunnelDown(let why) = event else { continue }
                    reason = why
                    break
                }
                serving.cancel()
                _ = await serving.result
                #expect(reason?.contains("CERTIFICATE_VERIFY_FAILED") == true, "\(reason ?? "")")
            }
        }
        #expect(asked.withLock(\.self) == 0)
    }
}
