import BaseTestSupport
import CoSigning
import Encoding
import Files
import HostilePeer
import PKI
import Testing

@testable import DeviceClient

/// One release from the hub to a verified file, and what stops it on the way.
@Suite(.timeLimit(.minutes(2))) struct ReleaseTests {
    private static let start = ReleaseBench.now - 3600

    @Test func release_IsStoredAndItsFileAppears() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            let release = try #require(try await device.release(stream: "os"))
            #expect(release.action == .install && release.seq == 42 && release.deployment == "deployment-7")
            try await device.download(release, to: bench.file)
        }
        #expect(try bench.work.get("next.img") == Array("an image".utf8))
        #expect(try SecureFile.mode(bench.folder.releasesPath) == 0o600)
        let record = try bench.record()
        #expect(record.state.streams["os"]?.sequence == 42 && record.state.streams["os"]?.installed == false)
        #expect(record.state.timeFloor == ReleaseBench.now && record.origin == .hub)
        let ask = try #require(bench.hub.seen.asks.first)
        #expect(Base64URL.decode(ask.nonce)?.count == 32 && ask.query["stream"] == "os" && ask.query["type"] == "rpi4")
        #expect(bench.hub.seen.reports.isEmpty)
        // A hub that does not know the hardware finds the device's project, and its files, by it.
        #expect(bench.hub.seen.types == ["rpi4", "rpi4", "rpi4", "rpi4"])
    }

    @Test func challenge_IsFreshEachTime() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            for _ in 0..<3 { _ = try await bench.device(address).release(stream: "os") }
        }
        #expect(Set(bench.hub.seen.asks.map(\.nonce)).count == 3)
        #expect(bench.hub.seen.requests.filter { $0 == "/cosign/v1/trust" }.count == 1, "keys are fetched once")
    }

    @Test func hubWithoutRelease_SaysNothing() async throws {
        let bench = try ReleaseBench()
        let found = try await bench.hub.run { try await bench.device($0).release(stream: "os") }
        #expect(found == nil)
        #expect(try bench.record().silence.acceptedAt == nil, "no message, so nothing that ends the silence")
    }

    /// What a hub or somebody behind it may answer.
    enum Trick: String, CaseIterable, CustomTestStringConvertible {
        case onlyPublisher, onlyHub, otherPublisher, otherCoSigner, flippedBit, noChallenge, oldChallenge
        case otherDevice, otherHardware, otherStream, expired, notYet, rollback, otherFile, garbage, tooLong, keySet
        var testDescription: String { rawValue }

        var error: String {
            switch self {
            case .onlyPublisher, .onlyHub: "missing_signature"
            case .otherPublisher, .otherCoSigner, .flippedBit: "bad_signature"
            case .noChallenge, .oldChallenge: "nonce_mismatch"
            case .otherDevice: "wrong_audience"
            case .otherHardware: "wrong_device_type"
            case .otherStream, .keySet: "wrong_kind"
            case .expired: "expired"
            case .notYet: "not_yet_valid"
            case .rollback: "rollback"
            case .otherFile: "equivocation"
            case .garbage: "bad_format"
            case .tooLong: "too_large"
            }
        }

        func message(_ publisher: TestPublisher, nonce: String) throws -> [UInt8] {
            var (publisher, now) = (publisher, ReleaseBench.now)
            var release = TestPublisher.Release(seq: 50, start: start)
            var (sent, audience): (String?, String) = (nonce, "device:dev-1")
            switch self {
            case .onlyPublisher: return try publisher.signed(release).encoded()
            case .onlyHub: publisher.projectKey = try TestPublisher.key("a stranger")
            case .otherPublisher: publisher.projectKey = try TestPublisher.key(TestPublisher.project)
            case .otherCoSigner: publisher.coSigner = try TestPublisher.key(publisher.coSigner.kid.text)
            case .noChallenge: sent = nil
            case .oldChallenge: sent = Base64URL.encode([UInt8](repeating: 7, count: 32))
            case .otherDevice: audience = "device:dev-2"
            case .otherHardware: release.types = ["rpi5"]
            case .otherStream: release.stream = "app"
            case .expired: now -= 904
            case .notYet: now += 121
            case .rollback: release.seq = 41
            case .otherFile: (release.seq, release.artifact) = (42, Array("another image".utf8))
            case .garbage: return Array("{".utf8)
            case .tooLong: return [UInt8](repeating: 0x20, count: 65_537)
            case .keySet:
                return try TestPublisher.keySet(
                    try publisher.trust(version: 2), signedBy: [publisher.projectKey, publisher.coSigner])
            case .flippedBit: break
            }
            var message = try publisher.coSigned(release, now: now, nonce: sent, audience: audience)
            if self == .flippedBit, let place = message.firstRange(of: Array("\"payload\":\"".utf8))?.upperBound {
                message[place + 20] = message[place + 20] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            }
            return message
        }
    }

    @Test(arguments: Trick.allCases) func trick_IsRefusedByNameAndToldToTheHub(_ trick: Trick) async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            let before = try bench.record()
            let publisher = bench.publisher
            bench.offer { try trick.message(publisher, nonce: $0) }
            let error = await refusal { try await bench.device(address).release(stream: "os") }
            #expect(error == trick.error)
            #expect(try bench.record().state == before.state, "nothing of it is kept")
            let report = try #require(bench.hub.seen.reports.last)
            #expect(report["error"]?.string == trick.error && report["result"]?.string == "refused")
            #expect(report["stream"]?.string == "os" && report["trust_origin"]?.string == "hub")
            // The honest hub is heard as before.
            bench.offer(.init(seq: 43, start: Self.start))
            #expect(try await bench.device(address).release(stream: "os")?.seq == 43)
        }
    }

    @Test func refusal_NamesReleaseAndDeployment() async throws {
        let bench = try ReleaseBench()
        bench.offer(.init(types: ["rpi5"], start: Self.start))
        try await bench.hub.run { address async throws in
            _ = await refusal { try await bench.device(address).release(stream: "os") }
        }
        let report = try #require(bench.hub.seen.reports.first)
        #expect(report["seq"]?.integer == 42 && report["dep"]?.string == "deployment-7")
    }

    @Test(arguments: [403, 500]) func reportThatFails_ChangesNothing(_ status: Int) async throws {
        let bench = try ReleaseBench()
        bench.offer(.init(types: ["rpi5"], start: Self.start))
        bench.hub.change { $0.reportStatus = status }
        try await bench.hub.run { address async throws in
            for _ in 0..<2 {
                #expect(await refusal { try await bench.device(address).release(stream: "os") } == "wrong_device_type")
            }
        }
        #expect(try bench.record().state.streams.isEmpty)
    }

    @Test func hubThatSuspendedCoSigning_SaysSoInPlainWords() async throws {
        let bench = try ReleaseBench()
        bench.hub.change { $0.refusal = (403, "suspended") }
        try await bench.hub.run { address async throws in
            let error = await refusal { try await bench.device(address).release(stream: "os") } ?? ""
            #expect(error.hasPrefix("suspended: hub \(address) signs no releases"))
        }
    }

    @Test(arguments: [(503, "suspended"), (403, "device_revoked"), (500, "<b>")])
    func hubThatDoesNotServe_SaysWhy(_ status: Int, _ name: String) async throws {
        let bench = try ReleaseBench()
        bench.hub.change { $0.refusal = (status, name) }
        try await bench.hub.run { address async throws in
            let error = await refusal { try await bench.device(address).release(stream: "os") } ?? ""
            #expect(error.contains("status \(status)") && error.contains(name) == (status != 500))
        }
        #expect(try bench.record().state.streams.isEmpty && bench.hub.seen.reports.isEmpty)
    }

    @Test func deviceWithoutType_AsksNobody() async throws {
        let bench = try ReleaseBench()
        try await bench.hub.run { address async throws in
            let device = try bench.device(address) { $0.deviceType = nil }
            await #expect(throws: DeviceError.noDeviceType) { try await device.release(stream: "os") }
            await #expect(throws: DeviceError.invalidStream) { try await device.release(stream: "../os") }
        }
        #expect(bench.hub.seen.requests.isEmpty)
    }

    @Test func releasesThatAreLocked_AreLeftAlone() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            let lock = try bench.folder.lockReleases()
            let error = await #expect(throws: DeviceError.self) {
                try await bench.device(address).release(stream: "os")
            }
            guard case .storage = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            withExtendedLifetime(lock) {}
        }
        #expect(bench.hub.seen.requests.isEmpty)
    }
}
