internal import Encoding
import Files
import Glibc
import HostilePeer
import PKI
import Testing

@testable import DeviceClient
internal import Wire

/// A device meets an honest hub for the first time.
@Suite(.timeLimit(.minutes(2))) struct ProvisioningTests {
    @Test func firstContact_EndsWithKeyCertificateAndCAOnDisk() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try ScriptedHub()
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address])
            let certificate = try await device.provision(secret: ScriptedHub.secret)
            #expect(certificate.deviceID == "dev-1")
            #expect(try SecureFile.read(certificate.certificatePath) == certificate.certificatePEM)
            #expect(try SecureFile.read(certificate.authorityPath) == hub.authority.certificate.pem)
            let keyPath = try #require(certificate.keyPath)
            #expect(try SecureFile.mode(keyPath) == 0o600)
            #expect(try SecureFile.mode(path) == 0o700)
            let key = try PrivateKey(pem: try SecureFile.read(keyPath), passphrase: nil)
            #expect(try Certificate(pem: certificate.certificatePEM).matches(key))
            let status = try await device.status()
            #expect(status.isProvisioned && status.services == ["mqtts": "mqtts://hub.test:8883"])
            #expect(status.keyFingerprint == key.publicKey.fingerprint)
        }
        let request = try #require(hub.requests.first)
        #expect(request.ip == "127.0.0.1")
        let expected = HMACSHA256.authenticate(
            request.canonical(blankSignature: true), key: Array(ScriptedHub.secret.utf8))
        #expect(request.signature == Base64.encode(expected))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func filesMadeByRoot_BelongToTheOwnerOfTheFolder() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        try SecureFile.makeFolder(path, mode: 0o700)
        #expect(unsafe chown(path, 65534, 65534) == 0)
        _ = try await ScriptedHub().run { address async throws in
            try await Device.test(path, hubs: [address]).provision(secret: ScriptedHub.secret)
        }
        for file in ["device.key", "device.crt", "ca.crt", "device.json"] {
            var information = stat()
            #expect(unsafe stat(path + "/" + file, &information) == 0)
            #expect(information.st_uid == 65534 && information.st_gid == 65534)
        }
    }

    @Test func provisionedDevice_AsksNobody() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try ScriptedHub()
        let first = try await hub.run { try await Device.test(path, hubs: [$0]).provision(secret: ScriptedHub.secret) }
        let again = try await Device.test(path, hubs: ["127.0.0.1:1"]).provision(secret: ScriptedHub.secret)
        #expect(first == again)
        #expect(hub.requests.count == 1)
    }

    @Test func waiting_IsFollowedUntilApproval() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try ScriptedHub { _, number in number < 2 ? .waiting(1) : .approve(secret: ScriptedHub.secret) }
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address])
            let events = device.events
            try await device.provision(secret: ScriptedHub.secret)
            let seen = await gather(events) { if case .provisioned = $0 { true } else { false } }
            #expect(seen.count { if case .waiting = $0 { true } else { false } } == 2)
        }
        #expect(Set(hub.requests.map(\.publicKeyPEM)).count == 1, "the key is made once")
    }

    @Test func waitingForLong_IsClampedAndEndsWithTheLimit() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try ScriptedHub { _, _ in .waiting(2_000_000_000) }
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address])
            let events = device.events
            let error = await #expect(throws: DeviceError.self) {
                try await device.provision(secret: ScriptedHub.secret, within: .milliseconds(300))
            }
            guard case .stillWaiting = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let seen = await gather(events) { if case .waiting = $0 { true } else { false } }
            guard case .waiting(_, let seconds) = seen.last else { return }
            #expect((600...720).contains(seconds))
        }
    }

    @Test func rejection_EndsProvisioning() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        try await ScriptedHub { _, _ in .rejected }.run { address async throws in
            let error = await #expect(throws: DeviceError.self) {
                try await Device.test(path, hubs: [address]).provision(secret: "a-wrong-secret-that-is-long")
            }
            guard case .rejected = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        #expect(!SecureFile.exists(path + "/device.crt"))
    }

    @Test func cancellation_EndsProvisioning() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        try await ScriptedHub { _, _ in .waiting(600) }.run { address async throws in
            let device = try Device.test(path, hubs: [address])
            let events = device.events
            let waiting = Task { try await device.provision(secret: ScriptedHub.secret) }
            _ = await gather(events) { if case .waiting = $0 { true } else { false } }
            waiting.cancel()
            await #expect(throws: DeviceError.cancelled) { try await waiting.value }
        }
    }

    @Test func noSecret_IsRefusedUnlessTrustOnFirstUseIsOn() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try ScriptedHub { _, _ in .approve(secret: "") }
        try await hub.run { address async throws in
            let careful = try Device.test(path, hubs: [address])
            await #expect(throws: DeviceError.noSecret) { try await careful.provision() }
            await #expect(throws: DeviceError.noSecret) { try await careful.provision(secret: "") }
            let trusting = try Device.test(path, hubs: [address]) { $0.firstContact = .trustOnFirstUse }
            #expect(try await trusting.provision().deviceID == "dev-1")
        }
    }

    @Test func emptyKeyApproval_IsAForgeryForADeviceWithASecret() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        try await ScriptedHub { _, _ in .approve(secret: "") }.run { address async throws in
            let device = try Device.test(path, hubs: [address])
            await #expect(throws: DeviceError.self) {
                try await device.provision(secret: ScriptedHub.secret, within: .milliseconds(1))
            }
        }
        #expect(!SecureFile.exists(path + "/device.crt"))
    }

    @Test func clockIn1970_IsCorrectedByTheHubAndRemembered() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let clock = ManualClock(1000)
        let begin = HTTPDate.unixSeconds("Sat, 21 Nov 2026 03:00:00 GMT") ?? 0
        let authority = try TestAuthority(now: begin)
        let hub = try ScriptedHub(authority: authority) { _, _ in
            .issue(
                secret: ScriptedHub.secret, notBefore: begin - 60, notAfter: begin + 86400,
                date: "Sat, 21 Nov 2026 03:00:07 GMT")
        }
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address], clock: clock)
            let events = device.events
            try await device.provision(secret: ScriptedHub.secret)
            let seen = await gather(events) { if case .provisioned = $0 { true } else { false } }
            #expect(seen.contains(.clockCorrected(bySeconds: begin + 7 - 1000)))
            #expect(try await device.status().isProvisioned)
        }
        let restarted = try Device.test(path, hubs: ["127.0.0.1:1"], clock: ManualClock(0))
        #expect(try await restarted.status().believedTime == begin + 7)
        #expect(try await restarted.provision(secret: ScriptedHub.secret).deviceID == "dev-1")
    }

    @Test func folder_BelongsToOneDevice() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        try await ScriptedHub().run { address async throws in
            let device = try Device.test(path, hubs: [address])
            try await device.provision(secret: ScriptedHub.secret)
            #expect(throws: DeviceError.folderOfOtherDevice(id: "dev-1")) {
                try Device.test(path, hubs: [address], id: "dev-2")
            }
            try await device.reset()
            let other = try Device.test(path, hubs: [address], id: "dev-2")
            #expect(try await other.provision(secret: ScriptedHub.secret).deviceID == "dev-2")
        }
    }

    @Test func customSigner_KeepsItsKey() async throws {
        struct Element: DeviceSigner {
            let key: PrivateKey
            var publicKeyPEM: String { key.publicKey.pem() }
            func sign(_ message: [UInt8]) throws -> [UInt8] { try key.sign(message) }
        }
        let folder = TemporaryFolder()
        let path = folder.path
        let element = Element(key: try PrivateKey.makeP256())
        let hub = try ScriptedHub { request, number in
            .approve(secret: number == 0 ? ScriptedHub.secret : "")
        }
        let certificate = try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address]) { $0.key = .custom(element) }
            return try await device.provision(secret: ScriptedHub.secret)
        }
        #expect(certificate.keyPath == nil && !SecureFile.exists(path + "/device.key"))
        #expect(try Certificate(pem: certificate.certificatePEM).matches(element.key))
        let renewed = try await hub.run(mutual: true) { address async throws in
            try await Device.test(path, hubs: [address]) { $0.key = .custom(element) }.renew()
        }
        #expect(renewed.serial != certificate.serial)
    }

    @Test(arguments: ["", "a\nb", String(repeating: "x", count: 65)]) func badDeviceID_IsRefused(_ id: String) {
        #expect(throws: DeviceError.invalidDeviceID) { try Device(id: id) }
    }

    @Test(arguments: ["", "hub:99999", "http://hub/", "[::1", "a b"]) func badHubAddress_IsRefused(_ text: String) async
    {
        await #expect(throws: DeviceError.invalidHubAddress) {
            try await Device.test("/nonexistent", hubs: [text]) {
                $0.firstContact = .trustOnFirstUse
                $0.key = .custom(Unused())
            }.provision()
        }
    }

    private struct Unused: DeviceSigner {
        var publicKeyPEM: String { (try? PrivateKey.makeP256().publicKey.pem()) ?? "" }
        func sign(_ message: [UInt8]) throws -> [UInt8] { [] }
    }
}
