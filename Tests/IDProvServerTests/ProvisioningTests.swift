import Devices
import Foundation
import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Reach
internal import Rooms
internal import RouteTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing
import Wire

@Suite struct ProvisioningTests {
    @Test func secretIsUsedOnce() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("one-time", for: "d1")
        let device = try TestDevice("d1", secret: "one-time")
        #expect(try await device.provision(at: rig).status == .approved)
        #expect(try await device.provision(at: rig).status == .waiting)
        await #expect(throws: SecretsError.unknownSecret("d1")) {
            try await rig.rooms.secrets.secret(listing: "d1")
        }
    }

    @Test func unknownDevice_BecomesPendingAndIsSeenByTheOperator() async throws {
        let rig = try await IDProvRig()
        let device = try TestDevice("d1", secret: "x", mac: "00:11:22:33:44:55")
        let answer = try await device.provision(at: rig)
        #expect(answer.status == .waiting)
        #expect(answer.retrySec == 30)
        let seen = try await rig.rooms.devices.device("d1")
        #expect(seen.state == .pending)
        #expect(seen.address == "192.0.2.7")
        #expect(seen.mac == "00:11:22:33:44:55")
        #expect(seen.fingerprint == device.key.publicKey.fingerprint)
        #expect(seen.firstSeen == rig.clock.now)
    }

    @Test(arguments: ["\u{9B}31m", "\u{202E}gnp", "nowhere", "00:11:22:33:44:5g", String(repeating: "0", count: 64)])
    func macThatIsNone_IsNotKept(mac: String) async throws {
        let rig = try await IDProvRig()
        #expect(try await TestDevice("d1", secret: "x", mac: mac).provision(at: rig).status == .waiting)
        let device = try await rig.rooms.devices.device("d1")
        #expect(device.mac == nil)
        #expect(!"\(device)".contains(mac))
    }

    @Test func approvalByFingerprint_NeedsNoSecret_AndOnlyFitsThatKey() async throws {
        let rig = try await IDProvRig()
        let device = try TestDevice("d1", secret: "")
        let impostor = try TestDevice("d1", secret: "")
        _ = try await device.provision(at: rig)
        try await rig.rooms.devices.approve("d1", fingerprint: device.key.publicKey.fingerprint, by: .hub)
        #expect(try await impostor.provision(at: rig).status == .waiting)
        let answer = try await device.provision(at: rig)
        #expect(answer.status == .approved)
        #expect(answer.isSigned(with: []))
        #expect(try await device.provision(at: rig).status == .waiting)
    }

    @Test func approvalOfAnotherFingerprint_IsRefused() async throws {
        let rig = try await IDProvRig()
        _ = try await TestDevice("d1", secret: "").provision(at: rig)
        let wrong = String(repeating: "ab", count: 32)
        await #expect(throws: DevicesError.fingerprintMismatch("d1")) {
            try await rig.rooms.devices.approve("d1", fingerprint: wrong, by: .hub)
        }
    }

    @Test func approvalBySecret_LetsAWaitingDeviceIn() async throws {
        let rig = try await IDProvRig()
        let device = try TestDevice("d1", secret: "late-secret")
        #expect(try await device.provision(at: rig).status == .waiting)
        let secret = NewSecret(deviceID: "d1", value: Array("late-secret".utf8), validUntil: rig.clock.now + 60)
        try await rig.rooms.devices.approve("d1", secret: secret, by: .hub)
        #expect(try await device.provision(at: rig).status == .approved)
        #expect(try await rig.rooms.devices.device("d1").state == .approved)
    }

    @Test func rejectedDevice_IsRefusedEvenWithItsSecret() async throws {
        let rig = try await IDProvRig()
        let device = try TestDevice("d1", secret: "good")
        _ = try await device.provision(at: rig)
        try await rig.issuer.reject(deviceID: "d1", by: .hub)
        try await rig.addSecret("good", for: "d1")
        #expect(try await device.provision(at: rig).status == .rejected)
    }

    @Test func expiredSecret_Waits() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("short", for: "d1", life: 60)
        rig.clock.advance(by: 61)
        #expect(try await TestDevice("d1", secret: "short").provision(at: rig).status == .waiting)
    }

    @Test func tenWrongSignatures_LockTheSecret_ForATimeThatDoubles() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("right", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        let right = try TestDevice("d1", secret: "right")
        for _ in 1...10 { #expect(try await wrong.provision(at: rig).status == .rejected) }
        #expect(try await right.provision(at: rig).status == .waiting)
        rig.clock.advance(by: 61)
        for _ in 1...10 { #expect(try await wrong.provision(at: rig).status == .rejected) }
        rig.clock.advance(by: 61)
        #expect(try await right.provision(at: rig).status == .waiting)
        rig.clock.advance(by: 60)
        #expect(try await right.provision(at: rig).status == .approved)
    }

    @Test func answerLostWithTheHub_IsGivenAgainToTheSameKeyOnly() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        let device = try TestDevice("d1", secret: "s")
        let thief = try TestDevice("d1", secret: "s")
        try await { () -> Void in
            let rig = try await IDProvRig(folder: folder, clock: clock)
            try await rig.addSecret("s", for: "d1")
            #expect(try await device.provision(at: rig).status == .approved)
        }()
        let rig = try await IDProvRig(folder: folder, clock: clock)
        #expect(try await thief.provision(at: rig).status == .waiting)
        #expect(try await device.provision(at: rig).status == .approved)
        #expect(try await device.provision(at: rig).status == .waiting)
        #expect(try await rig.rooms.secrets.secretCount() == 0)
    }

    @Test func lockSurvivesARestart() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        let wrong = try TestDevice("d1", secret: "wrong")
        try await { () -> Void in
            let first = try await IDProvRig(folder: folder, clock: clock)
            try await first.addSecret("right", for: "d1")
            for _ in 1...10 { _ = try await wrong.provision(at: first) }
        }()
        let second = try await IDProvRig(folder: folder, clock: clock)
        #expect(try await second.issuer.claim("d1", from: "192.0.2.7").gates.plain == .backOff(seconds: 60))
        #expect(try await second.issuer.claim("d1", from: "192.0.2.8").gates == .open)
    }

    @Test func renewal_NeedsTheDevicesOwnCertificate_AndIsSignedWithTheEmptyKey() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let certificate = try Certificate(pem: try await device.provision(at: rig).clientCert)
        let own = Peer(address: "192.0.2.7", certificate: certificate)
        let renewed = try await device.provision(at: rig, as: own)
        #expect(renewed.status == .approved)
        #expect(renewed.isSigned(with: []))
        #expect(try Certificate(pem: renewed.clientCert).serial != certificate.serial)
        let other = try await rig.peer("d2", ou: "iotdevice")
        #expect(try await device.provision(at: rig, as: other).status == .waiting)
    }

    @Test func certificateOfATunnel_RenewsNothing() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        _ = try await device.provision(at: rig)
        let token = try await rig.rooms.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: .client, life: 300, by: .hub
        ).token
        let way = try await rig.issuer.issueForTunnel(
            commonName: "d1", token: token, publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
        let shown = Peer(address: "192.0.2.7", certificate: way)
        let ended = Peer(address: "192.0.2.7", endedCertificate: way)
        #expect(try await device.provision(at: rig, as: shown).status == .waiting)
        #expect(try await device.provision(at: rig, as: ended).status == .waiting)
    }

    @Test(arguments: [("admin", true), ("plugin", true), ("client", false), ("service", false)])
    func requestByCertificate_IsForAdminAndPluginOnly(ou: String, allowed: Bool) async throws {
        let rig = try await IDProvRig()
        let answer = try await TestDevice("d1", secret: "").provision(at: rig, as: try await rig.peer("x", ou: ou))
        #expect(answer.status == (allowed ? .approved : .waiting))
    }

    @Test func removedDevice_CannotRenew() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let certificate = try Certificate(pem: try await device.provision(at: rig).clientCert)
        try await rig.issuer.remove(deviceID: "d1", by: .hub)
        let own = Peer(address: "192.0.2.7", certificate: certificate)
        let answer = try await rig.network.send(.post, "/idprov/provreq", body: device.request(), as: own)
        #expect(answer.status == .forbidden)
        #expect(try await device.provision(at: rig).status == .rejected)
    }

    @Test func parallelRequests_UseTheSecretOnce() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let statuses = try await withThrowingTaskGroup(of: ProvisionResponse.Status.self) { group in
            for _ in 1...16 { group.addTask { try await device.provision(at: rig).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == .approved }.count == 1)
        #expect(try await rig.issuer.certificates(commonName: "d1", before: nil, limit: 9).count == 1)
    }

    @Test func floodOfInventedDevices_FillsNothing() async throws {
        let rig = try await IDProvRig {
            $0.limits.devices.pendingPerAddress = 5; $0.limits.devices.pendingTotal = 8
        }
        for address in ["198.51.100.1", "198.51.100.2"] {
            for number in 1...10 {
                let device = try TestDevice("\(address)-\(number)", secret: "")
                #expect(try await device.provision(at: rig, as: Peer(address: address)).status == .waiting)
            }
        }
        #expect(try await rig.rooms.devices.deviceCounts()[.pending] == 8)
    }
}
