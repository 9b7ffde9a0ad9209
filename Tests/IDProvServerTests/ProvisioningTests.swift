import Devices
import Foundation
import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Reach
import Secrets
import Testing
import Wire

@Suite struct ProvisioningTests {
    @Test func secretIsUsedOnce() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("one-time", for: "d1")
        let device = try TestDevice("d1", secret: "one-time")
        #expect(try await device.provision(at: hub).status == .approved)
        #expect(try await device.provision(at: hub).status == .waiting)
        await #expect(throws: SecretsError.unknownSecret("d1")) {
            try await hub.hub.rooms.secrets.secret(listing: "d1")
        }
    }

    @Test func unknownDevice_BecomesPendingAndIsSeenByTheOperator() async throws {
        let hub = try await TestHub()
        let device = try TestDevice("d1", secret: "x", mac: "00:11:22:33:44:55")
        let answer = try await device.provision(at: hub)
        #expect(answer.status == .waiting)
        #expect(answer.retrySec == 30)
        let seen = try await hub.hub.rooms.devices.device("d1")
        #expect(seen.state == .pending)
        #expect(seen.address == "192.0.2.7")
        #expect(seen.mac == "00:11:22:33:44:55")
        #expect(seen.fingerprint == device.key.publicKey.fingerprint)
        #expect(seen.firstSeen == hub.clock.now)
    }

    @Test(arguments: ["\u{9B}31m", "\u{202E}gnp", "nowhere", "00:11:22:33:44:5g", String(repeating: "0", count: 64)])
    func macThatIsNone_IsNotKept(mac: String) async throws {
        let hub = try await TestHub()
        #expect(try await TestDevice("d1", secret: "x", mac: mac).provision(at: hub).status == .waiting)
        let text = try await hub.local.send(.get, "/admin/v1/devices/d1", as: Peer(address: "local", userID: 0)).text
        #expect(try await hub.hub.rooms.devices.device("d1").mac == nil)
        #expect(!text.contains(mac))
    }

    @Test func approvalByFingerprint_NeedsNoSecret_AndOnlyFitsThatKey() async throws {
        let hub = try await TestHub()
        let device = try TestDevice("d1", secret: "")
        let impostor = try TestDevice("d1", secret: "")
        _ = try await device.provision(at: hub)
        try await hub.hub.rooms.devices.approve("d1", fingerprint: device.key.publicKey.fingerprint, by: .hub)
        #expect(try await impostor.provision(at: hub).status == .waiting)
        let answer = try await device.provision(at: hub)
        #expect(answer.status == .approved)
        #expect(answer.isSigned(with: []))
        #expect(try await device.provision(at: hub).status == .waiting)
    }

    @Test func approvalOfAnotherFingerprint_IsRefused() async throws {
        let hub = try await TestHub()
        _ = try await TestDevice("d1", secret: "").provision(at: hub)
        let wrong = String(repeating: "ab", count: 32)
        await #expect(throws: DevicesError.fingerprintMismatch("d1")) {
            try await hub.hub.rooms.devices.approve("d1", fingerprint: wrong, by: .hub)
        }
    }

    @Test func approvalBySecret_LetsAWaitingDeviceIn() async throws {
        let hub = try await TestHub()
        let device = try TestDevice("d1", secret: "late-secret")
        #expect(try await device.provision(at: hub).status == .waiting)
        let secret = NewSecret(deviceID: "d1", value: Array("late-secret".utf8), validUntil: hub.clock.now + 60)
        try await hub.hub.rooms.devices.approve("d1", secret: secret, by: .hub)
        #expect(try await device.provision(at: hub).status == .approved)
        #expect(try await hub.hub.rooms.devices.device("d1").state == .approved)
    }

    @Test func rejectedDevice_IsRefusedEvenWithItsSecret() async throws {
        let hub = try await TestHub()
        let device = try TestDevice("d1", secret: "good")
        _ = try await device.provision(at: hub)
        try await hub.hub.issuer.reject(deviceID: "d1", by: .hub)
        try await hub.addSecret("good", for: "d1")
        #expect(try await device.provision(at: hub).status == .rejected)
    }

    @Test func expiredSecret_Waits() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("short", for: "d1", life: 60)
        hub.clock.advance(by: 61)
        #expect(try await TestDevice("d1", secret: "short").provision(at: hub).status == .waiting)
    }

    @Test func tenWrongSignatures_LockTheSecret_ForATimeThatDoubles() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("right", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        let right = try TestDevice("d1", secret: "right")
        for _ in 1...10 { #expect(try await wrong.provision(at: hub).status == .rejected) }
        #expect(try await right.provision(at: hub).status == .waiting)
        hub.clock.advance(by: 61)
        for _ in 1...10 { #expect(try await wrong.provision(at: hub).status == .rejected) }
        hub.clock.advance(by: 61)
        #expect(try await right.provision(at: hub).status == .waiting)
        hub.clock.advance(by: 60)
        #expect(try await right.provision(at: hub).status == .approved)
    }

    @Test func answerLostWithTheHub_IsGivenAgainToTheSameKeyOnly() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        let device = try TestDevice("d1", secret: "s")
        let thief = try TestDevice("d1", secret: "s")
        try await { () -> Void in
            let hub = try await TestHub(folder: folder, clock: clock)
            try await hub.addSecret("s", for: "d1")
            #expect(try await device.provision(at: hub).status == .approved)
        }()
        let hub = try await TestHub(folder: folder, clock: clock)
        #expect(try await thief.provision(at: hub).status == .waiting)
        #expect(try await device.provision(at: hub).status == .approved)
        #expect(try await device.provision(at: hub).status == .waiting)
        #expect(try await hub.hub.rooms.secrets.secretCount() == 0)
    }

    @Test func lockSurvivesARestart() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        let wrong = try TestDevice("d1", secret: "wrong")
        try await { () -> Void in
            let first = try await TestHub(folder: folder, clock: clock)
            try await first.addSecret("right", for: "d1")
            for _ in 1...10 { _ = try await wrong.provision(at: first) }
        }()
        let second = try await TestHub(folder: folder, clock: clock)
        #expect(try second.hub.issuer.claim("d1", from: "192.0.2.7").gates.plain == .backOff(seconds: 60))
        #expect(try second.hub.issuer.claim("d1", from: "192.0.2.8").gates == .open)
    }

    @Test func renewal_NeedsTheDevicesOwnCertificate_AndIsSignedWithTheEmptyKey() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let certificate = try Certificate(pem: try await device.provision(at: hub).clientCert)
        let own = Peer(address: "192.0.2.7", certificate: certificate)
        let renewed = try await device.provision(at: hub, as: own)
        #expect(renewed.status == .approved)
        #expect(renewed.isSigned(with: []))
        #expect(try Certificate(pem: renewed.clientCert).serial != certificate.serial)
        let other = try await hub.peer("d2", ou: "iotdevice")
        #expect(try await device.provision(at: hub, as: other).status == .waiting)
    }

    @Test func certificateOfATunnel_RenewsNothing() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        _ = try await device.provision(at: hub)
        let token = try await hub.hub.rooms.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: .client, life: 300, by: .hub
        ).token
        let way = try await hub.hub.issuer.issueForTunnel(
            commonName: "d1", token: token, publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
        let shown = Peer(address: "192.0.2.7", certificate: way)
        let ended = Peer(address: "192.0.2.7", endedCertificate: way)
        #expect(try await device.provision(at: hub, as: shown).status == .waiting)
        #expect(try await device.provision(at: hub, as: ended).status == .waiting)
    }

    @Test(arguments: [("admin", true), ("plugin", true), ("client", false), ("service", false)])
    func requestByCertificate_IsForAdminAndPluginOnly(ou: String, allowed: Bool) async throws {
        let hub = try await TestHub()
        let answer = try await TestDevice("d1", secret: "").provision(at: hub, as: try await hub.peer("x", ou: ou))
        #expect(answer.status == (allowed ? .approved : .waiting))
    }

    @Test func removedDevice_CannotRenew() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let certificate = try Certificate(pem: try await device.provision(at: hub).clientCert)
        try await hub.hub.issuer.remove(deviceID: "d1", by: .hub)
        let own = Peer(address: "192.0.2.7", certificate: certificate)
        let answer = try await hub.network.send(.post, "/idprov/provreq", body: device.request(), as: own)
        #expect(answer.status == .forbidden)
        #expect(try await device.provision(at: hub).status == .rejected)
    }

    @Test func parallelRequests_UseTheSecretOnce() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let statuses = try await withThrowingTaskGroup(of: ProvisionResponse.Status.self) { group in
            for _ in 1...16 { group.addTask { try await device.provision(at: hub).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == .approved }.count == 1)
        #expect(try await hub.hub.issuer.certificates(commonName: "d1", before: nil, limit: 9).count == 1)
    }

    @Test func floodOfInventedDevices_FillsNothing() async throws {
        let hub = try await TestHub {
            $0.limits.devices.pendingPerAddress = 5; $0.limits.devices.pendingTotal = 8
        }
        for address in ["198.51.100.1", "198.51.100.2"] {
            for number in 1...10 {
                let device = try TestDevice("\(address)-\(number)", secret: "")
                #expect(try await device.provision(at: hub, as: Peer(address: address)).status == .waiting)
            }
        }
        #expect(try await hub.hub.rooms.devices.deviceCounts()[.pending] == 8)
    }
}
