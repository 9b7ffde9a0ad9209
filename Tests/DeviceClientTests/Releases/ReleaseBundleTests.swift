import BaseTestSupport
import CoSigning
import Encoding
import Files
import Testing

@testable import DeviceClient

/// Bundles from a folder that a stranger may have filled.
@Suite(.timeLimit(.minutes(2))) struct ReleaseBundleTests {
    private static let now = ReleaseBench.now
    private static let image = Array("an image of a stick".utf8)
    private static let month: Int64 = 30 * 86_400

    /// A device that has met its hub once, and has none now; and a stick.
    private static func bench() async throws -> (ReleaseBench, Device, WorkFolder) {
        let bench = try ReleaseBench()
        let address = try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            return address
        }
        return (bench, try bench.device(address) { $0.groups = ["lab"] }, try WorkFolder())
    }

    private static func message(
        _ bench: ReleaseBench, seq: Int64 = 42, stream: String = "os", audience: String = "group:lab",
        artifact: [UInt8] = image
    ) throws -> [UInt8] {
        let release = TestPublisher.Release(seq: seq, stream: stream, artifact: artifact, start: now - 3600)
        return try bench.publisher.coSigned(release, now: now, nonce: nil, audience: audience, lifetime: month)
    }

    @Test func bundle_IsTakenWithItsFile() async throws {
        let (bench, device, stick) = try await Self.bench()
        try stick.put("gateway.release.json", try Self.message(bench))
        try stick.put("image", Self.image)
        try stick.put("same-size", Self.image.reversed())
        let release = try #require(try await device.release(stream: "os", fromFolder: stick.path))
        #expect(release.action == .install && release.seq == 42)
        try await device.download(release, to: bench.file)
        #expect(try bench.work.get("next.img") == Self.image)
        #expect(try bench.record().state.streams["os"]?.sequence == 42)
    }

    @Test func severalMessages_TheHighestCounts() async throws {
        let (bench, device, stick) = try await Self.bench()
        for seq in [41, 43, 42] as [Int64] {
            try stick.put("\(100 - seq).release.json", try Self.message(bench, seq: seq))
        }
        try stick.put("0.release.json", try Self.message(bench, seq: 99, stream: "app"))
        try stick.put("1.release.json", Array("{}".utf8))
        #expect(try await device.release(stream: "os", fromFolder: stick.path)?.seq == 43)
        #expect(try bench.record().state.streams["app"] == nil, "only what was asked for is accepted")
        try SecureFile.discard(stick.path + "/1.release.json")
        #expect(try await device.release(stream: "none", fromFolder: stick.path) == nil)
    }

    /// What may lie on a stick.
    enum Stick: String, CaseIterable, CustomTestStringConvertible {
        case otherGroup, otherDevice, rollback, ended, tooLong, challenge
        var testDescription: String { rawValue }

        var error: String {
            switch self {
            case .otherGroup, .otherDevice: "wrong_audience"
            case .rollback: "rollback"
            case .ended: "expired"
            case .tooLong: "too_large"
            case .challenge: "nonce_mismatch"
            }
        }

        func message(_ bench: ReleaseBench) throws -> [UInt8] {
            let release = TestPublisher.Release(seq: 43, artifact: image, start: now - 3600)
            switch self {
            case .otherGroup: return try ReleaseBundleTests.message(bench, seq: 43, audience: "group:hall")
            case .otherDevice: return try ReleaseBundleTests.message(bench, seq: 43, audience: "device:dev-2")
            case .rollback: return try ReleaseBundleTests.message(bench, seq: 41)
            case .ended: return try bench.publisher.coSigned(release, now: now - 904, nonce: nil, audience: "all")
            case .tooLong: return try ReleaseBundleTests.message(bench) + [UInt8](repeating: 0x20, count: 65_536)
            case .challenge: return try bench.publisher.coSigned(release, now: now, nonce: "x", audience: "all")
            }
        }
    }

    @Test(arguments: Stick.allCases) func wrongStick_IsRefusedByName(_ wrong: Stick) async throws {
        let (bench, device, stick) = try await Self.bench()
        try stick.put("a.release.json", try Self.message(bench))
        _ = try await device.release(stream: "os", fromFolder: stick.path)
        let before = try bench.record().state
        try stick.put("a.release.json", try wrong.message(bench))
        #expect(await refusal { try await device.release(stream: "os", fromFolder: stick.path) } == wrong.error)
        #expect(try bench.record().state == before)
    }

    @Test(arguments: [[], image.dropLast(), image + [0], image.reversed()] as [[UInt8]])
    func wrongArtifact_NeverAppears(_ artifact: [UInt8]) async throws {
        let (bench, device, stick) = try await Self.bench()
        try stick.put("a.release.json", try Self.message(bench))
        try stick.put("image", artifact)
        let release = try #require(try await device.release(stream: "os", fromFolder: stick.path))
        #expect(await refusal { try await device.download(release, to: bench.file) } == "bad_artifact")
        #expect(try bench.leftovers().isEmpty)
    }

    @Test(arguments: ["image-42", "zz"]) func oddEntries_HideNeitherMessageNorFile(_ name: String) async throws {
        let (bench, device, stick) = try await Self.bench()
        _ = try ExternalProgram.run("/usr/bin/mkfifo", [stick.path + "/0.release.json"])
        _ = try ExternalProgram.run("/bin/mkdir", [stick.path + "/1.release.json"])
        _ = try ExternalProgram.run("/bin/ln", ["-s", "/dev/zero", stick.path + "/2.release.json"])
        for number in 100..<170 { try stick.put("\(number).release.json", Array("{}".utf8)) }
        for seq in 1...70 as ClosedRange<Int64> {
            try stick.put("a\(seq).release.json", try Self.message(bench, seq: seq, stream: "app"))
        }
        for number in 100..<120 { try stick.put("decoy-\(number)", Self.image.reversed()) }
        try stick.put("z.release.json", try Self.message(bench))
        try stick.put(name, Self.image)
        let release = try #require(try await device.release(stream: "os", fromFolder: stick.path))
        try await device.download(release, to: bench.file)
        #expect(try bench.work.get("next.img") == Self.image)
        #expect(try bench.leftovers() == ["next.img"])
    }

    @Test func pipesAndLinks_AreNotRead() async throws {
        let (bench, device, stick) = try await Self.bench()
        _ = try ExternalProgram.run("/usr/bin/mkfifo", [stick.path + "/pipe.release.json"])
        await #expect(throws: DeviceError.self) { try await device.release(stream: "os", fromFolder: stick.path) }
        let other = try WorkFolder()
        let secret = try bench.work.put("real.release.json", try Self.message(bench))
        _ = try ExternalProgram.run("/bin/ln", ["-s", secret, other.path + "/link.release.json"])
        await #expect(throws: DeviceError.self) { try await device.release(stream: "os", fromFolder: other.path) }
        #expect(try bench.record().state.streams.isEmpty)
    }

    @Test func folderWithoutBundle_SaysSo() async throws {
        let (bench, device, stick) = try await Self.bench()
        defer { withExtendedLifetime(bench) {} }
        for folder in [stick.path, stick.path + "/none"] {
            let error = await #expect(throws: DeviceError.self) {
                try await device.release(stream: "os", fromFolder: folder)
            }
            guard case .noBundle = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func deviceWithoutClock_TakesBundlesOnlyWhenTold() async throws {
        let (bench, _, stick) = try await Self.bench()
        try stick.put("a.release.json", try Self.message(bench, audience: "all"))
        let careful = try bench.device("127.0.0.1:1") { $0.hasClock = false }
        await #expect(throws: DeviceError.offlineBundlesOff) {
            try await careful.release(stream: "os", fromFolder: stick.path)
        }
        let unset = try bench.device("127.0.0.1:1") { $0.now = { 0 } }
        await #expect(throws: DeviceError.offlineBundlesOff) {
            try await unset.release(stream: "os", fromFolder: stick.path)
        }
        let open = try bench.device("127.0.0.1:1") {
            $0.now = { 0 }; $0.allowOfflineBundles = true
        }
        #expect(try await open.release(stream: "os", fromFolder: stick.path)?.seq == 42)
        // By the latest time it has seen, this one has ended.
        let release = TestPublisher.Release(seq: 43, start: Self.now - 7200)
        try stick.put(
            "a.release.json",
            try bench.publisher.coSigned(release, now: Self.now - 904, nonce: nil, audience: "all"))
        #expect(await refusal { try await open.release(stream: "os", fromFolder: stick.path) } == "expired")
    }
}
