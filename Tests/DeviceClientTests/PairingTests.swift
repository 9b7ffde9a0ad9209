import Files
import HostilePeer
import PKI
import Testing

@testable import DeviceClient

/// A device with a PIN meets hubs of every kind.
@Suite(.timeLimit(.minutes(2))) struct PairingTests {
    private static let pin = "123456"

    @Test func devicePairs_AndNeverSendsAnHMAC() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let pairing = ScriptedPairing(secret: Self.pin)
        let hub = try ScriptedHub(pairing: pairing)
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address])
            let certificate = try await device.provision(secret: "123-456")
            #expect(try SecureFile.read(certificate.authorityPath) == hub.authority.certificate.pem)
        }
        #expect(pairing.steps == 3)
        #expect(hub.requests.isEmpty)
    }

    @Test(arguments: ScriptedPairing.Fault.allCases.filter { $0 != .none })
    func hubThatIsWrong_GetsNothing(fault: ScriptedPairing.Fault) async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let pairing = ScriptedPairing(secret: Self.pin, fault: fault)
        let hub = try ScriptedHub(pairing: pairing)
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address], clock: ManualClock(ScriptedHub.now))
            await #expect(throws: DeviceError.self) {
                try await device.provision(secret: Self.pin, within: .milliseconds(300))
            }
            #expect(!SecureFile.exists(path + "/device.crt"))
        }
        // Whatever went wrong: the PIN never left as an HMAC, and only a hub that proved itself saw the third message.
        #expect(hub.requests.isEmpty)
        if fault != .badMac, fault != .otherCA { #expect(pairing.steps % 3 != 0 || pairing.steps >= 3) }
    }

    @Test func hubWithoutPairing_IsLeftWaiting_UnlessTheOwnerAllowsIt() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let hub = try ScriptedHub { _, _ in .approve(secret: Self.pin) }
        try await hub.run { address async throws in
            let device = try Device.test(path, hubs: [address], clock: ManualClock(ScriptedHub.now))
            var events = device.events.makeAsyncIterator()
            await #expect(throws: DeviceError.self) {
                try await device.provision(secret: Self.pin, within: .milliseconds(200))
            }
            #expect(hub.requests.isEmpty)
            var isReported = false
            device.endEvents()
            while let event = await events.next() {
                if case .pairingUnavailable = event { isReported = true }
            }
            #expect(isReported)
            let trusting = try Device.test(path, hubs: [address]) { $0.allowPlainHMAC = true }
            try await trusting.provision(secret: Self.pin)
        }
        #expect(hub.requests.count == 1)
    }

    @Test func strongSecret_PrefersPairing_AndGoesOnWithoutIt() async throws {
        for fault in [ScriptedPairing.Fault.none, .waiting, .serverError] {
            let folder = TemporaryFolder()
            let path = folder.path
            let pairing = ScriptedPairing(secret: ScriptedHub.secret, fault: fault)
            let hub = try ScriptedHub(pairing: pairing)
            try await hub.run { address async throws in
                _ = try await Device.test(path, hubs: [address]).provision(secret: ScriptedHub.secret)
            }
            #expect(pairing.steps == (fault == .none ? 3 : 1))
            #expect(hub.requests.count == (fault == .none ? 0 : 1))
        }
    }

    @Test func twentyFailures_StopTheDevice_AlsoAfterARestart_UntilSomebodyTouchesIt() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let pairing = ScriptedPairing(secret: Self.pin, fault: .wrongSecret)
        let hub = try ScriptedHub(pairing: pairing)
        try await hub.run { address async throws in
            let clock = ManualClock(ScriptedHub.now)
            // A fresh device each time: within one, a hub that lied is left alone for longer than a test may take.
            for attempt in 1...20 {
                let device = try Device.test(path, hubs: [address], clock: clock)
                let error = await #expect(throws: DeviceError.self) {
                    try await device.provision(secret: Self.pin, within: .milliseconds(10))
                }
                #expect((error == .pairingLocked) == (attempt == 20))
            }
            #expect(pairing.steps == 40)
            let restarted = try Device.test(path, hubs: [address], clock: clock)
            await #expect(throws: DeviceError.pairingLocked) { try await restarted.provision(secret: Self.pin) }
            #expect(pairing.steps == 40)
            try await restarted.allowPairing()
            await #expect(throws: DeviceError.self) {
                try await restarted.provision(secret: Self.pin, within: .milliseconds(50))
            }
            #expect(pairing.steps > 40)
        }
    }

    @Test func counter_PausesDouble_AndAPowerCycleOpensTheLock() throws {
        var counter = PairingCounter()
        #expect(counter.pause(now: 0, bootID: "a") == 0)
        for failure in 1...19 {
            counter.fail(now: 1000, bootID: "a")
            #expect(counter.pause(now: 1000, bootID: "a") == min(3600, 1 << Int64(failure - 1)))
        }
        #expect(counter.pause(now: 0, bootID: "a") == 3600)
        counter.fail(now: 1000, bootID: "a")
        #expect(counter.pause(now: 10_000, bootID: "a") == nil)
        #expect(counter.pause(now: 10_000, bootID: "b") == 0)
        #expect(try PairingCounter(parsing: counter.encoded()) == counter)
    }
}
