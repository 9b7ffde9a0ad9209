import Files
import HostilePeer
import PKI
import Synchronization
import Testing

@testable import DeviceClient
internal import Wire

/// The life after provisioning: only the kept CA counts, and the certificate stays fresh.
@Suite(.timeLimit(.minutes(2))) struct RenewalTests {
    /// A provisioned device's folder, its hub, and the address the hub had then.
    private func provisioned(
        _ path: String, lifetime: Int64 = 86400,
        renewal: @escaping @Sendable (Int) -> ScriptedHub.Reply = { _ in .approve(secret: "") }
    ) async throws -> ScriptedHub {
        let now = ScriptedHub.now
        let hub = try ScriptedHub { _, number in
            number == 0 ? .issue(secret: ScriptedHub.secret, notBefore: now, notAfter: now + lifetime) : renewal(number)
        }
        _ = try await hub.run { try await Device.test(path, hubs: [$0]).provision(secret: ScriptedHub.secret) }
        return hub
    }

    @Test func renewal_ShowsTheCertificateAndReplacesIt() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try await provisioned(path)
        let before = try SecureFile.read(path + "/device.crt")
        let renewed = try await hub.run(mutual: true) { try await Device.test(path, hubs: [$0]).renew() }
        #expect(try SecureFile.read(path + "/device.crt") == renewed.certificatePEM)
        #expect(renewed.certificatePEM != before)
        #expect(Set(hub.requests.map(\.publicKeyPEM)).count == 1)
    }

    @Test func renewalSignedWithTheSecret_IsRefused() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try await provisioned(path) { _ in .approve(secret: ScriptedHub.secret) }
        let before = try SecureFile.read(path + "/device.crt")
        try await hub.run(mutual: true) { address async throws in
            await #expect(throws: DeviceError.self) { try await Device.test(path, hubs: [address]).renew() }
        }
        #expect(try SecureFile.read(path + "/device.crt") == before)
    }

    @Test func otherHubAtTheOldAddress_IsAForgery() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        _ = try await provisioned(path)
        let impostor = try ScriptedHub { _, _ in .approve(secret: "") }
        try await impostor.run { address async throws in
            let device = try Device.test(path, hubs: [address])
            let error = await #expect(throws: DeviceError.self) { try await device.renew() }
            guard case .fakeHub(_, .foreignAuthority) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await device.service("mqtts") == "mqtts://hub.test:8883", "what is known stays known")
        }
        #expect(impostor.requests.isEmpty)
    }

    @Test func impostorBesideTheHub_IsPassedOver() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try await provisioned(path)
        let impostor = try ScriptedHub { _, _ in .approve(secret: "") }
        try await impostor.run { fake async throws in
            try await hub.run(mutual: true) { address async throws in
                try await Device.test(path, hubs: [fake, address]).renew()
            }
        }
        #expect(impostor.requests.isEmpty && hub.requests.count == 2)
    }

    @Test func runningDevice_RenewsAtHalfLife() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let clock = ManualClock(ScriptedHub.now)
        let begin = ScriptedHub.now
        let hub = try await provisioned(path) { _ in
            .issue(secret: "", notBefore: clock.now, notAfter: clock.now + 86400)
        }
        try await hub.run(mutual: true) { address async throws in
            let device = try Device.test(path, hubs: [address], clock: clock)
            let events = device.events
            let running = Task { try await device.run() }
            var renewals: [DeviceCertificate] = []
            for await event in events {
                if case .renewed(let certificate) = event { renewals.append(certificate) }
                // The server's own certificate lasts a day: two renewals fit.
                if renewals.count == 1 { break }
            }
            running.cancel()
            await #expect(throws: DeviceError.cancelled) { try await running.value }
            let age = try #require(renewals.first).notBefore - begin
            #expect(age >= 38_880 && age <= 43_201)
        }
    }

    @Test func failingRenewal_IsTriedTheMoreOftenTheNearerTheEnd() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        _ = try await provisioned(path)
        let clock = ManualClock(ScriptedHub.now)
        let device = try Device.test(path, hubs: ["127.0.0.1:1"], clock: clock)
        let events = device.events
        let running = Task { try await device.run() }
        var pauses: [Int] = []
        for await event in events {
            guard case .renewalFailed(_, let seconds, let valid) = event else { continue }
            if valid <= 0 { break }
            pauses.append(seconds)
        }
        running.cancel()
        _ = await running.result
        #expect(pauses.count > 10)
        #expect(pauses == pauses.sorted(by: >))
        #expect(pauses.last == 20)
    }

    /// A CA has 75 s left: what it signs ends with it and began 60 s ago, so that half of its life is always past.
    @Test func lastMinuteOfACA_TakesFewRenewals() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let clock = ManualClock(ScriptedHub.now)
        let end = ScriptedHub.now + 75
        let inTime = Mutex(0)
        let hub = try ScriptedHub { _, number in
            if clock.now < end { inTime.withLock { $0 += 1 } }
            let secret = number == 0 ? ScriptedHub.secret : ""
            return number > 20 ? .rejected : .issue(secret: secret, notBefore: clock.now - 60, notAfter: end)
        }
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address], clock: clock)
            try await device.provision(secret: ScriptedHub.secret)
            let events = device.events
            let running = Task { try await device.run() }
            for await event in events {
                if case .renewalFailed(_, _, let valid) = event, valid <= 0 { break }
            }
            running.cancel()
            _ = await running.result
        }
        #expect((2...5).contains(inTime.withLock(\.self)), "one provisioning, and one renewal every 20 s")
    }

    @Test func expiredCertificateTheHubRejects_EndsRunning() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try await provisioned(path, lifetime: 60) { _ in .rejected }
        let clock = ManualClock(ScriptedHub.now + 3600)
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address], clock: clock)
            await #expect(throws: DeviceError.certificateExpired) { try await device.run() }
        }
    }

    @Test func unprovisionedDevice_CannotRun() async throws {
        let folder = TemporaryFolder()
        let device = try Device.test(folder.path, hubs: ["127.0.0.1:1"])
        await #expect(throws: DeviceError.notProvisioned) { try await device.run() }
        await #expect(throws: DeviceError.notProvisioned) { try await device.service("mqtts") }
    }

    @Test func service_IsAskedByName() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try await provisioned(path)
        try await hub.run(mutual: true) { address async throws in
            let device = try Device.test(path, hubs: [address])
            #expect(try await device.service("mqtts") == "mqtts://hub.test:8883")
            await #expect(throws: DeviceError.noSuchService(name: "ftp", known: ["mqtts"])) {
                try await device.service("ftp")
            }
        }
    }

    @Test func reset_ForgetsEverything() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        _ = try await provisioned(path)
        let device = try Device.test(path, hubs: ["127.0.0.1:1"])
        let fingerprint = try await device.status().keyFingerprint
        try await device.reset(keepingKey: true)
        #expect(try await device.status().certificate == nil)
        #expect(try await device.status().keyFingerprint == fingerprint)
        try await device.reset()
        #expect(try await device.status().keyFingerprint == nil)
    }
}
