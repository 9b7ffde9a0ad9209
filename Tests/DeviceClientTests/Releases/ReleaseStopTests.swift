import BaseTestSupport
import CoSigning
import Encoding
import Files
import HostilePeer
import Synchronization
import Testing

@testable import DeviceClient

/// What is there after a stop between acceptance, download and installation: a device that begins anew with what lies
/// on the disk.
@Suite(.timeLimit(.minutes(2))) struct ReleaseStopTests {
    private static let image = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    private static let offered = TestPublisher.Release(artifact: image, start: ReleaseBench.now - 3600)

    /// How a hub answers who asks for the rest.
    enum Rest: String, CaseIterable, CustomTestStringConvertible {
        case part, whole, otherPart, withdrawn, shorter
        var testDescription: String { rawValue }
    }

    @Test(arguments: Rest.allCases) func stopInTheDownload_LeavesAPartThatIsUsedOrForgotten(_ rest: Rest) async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        try await bench.hub.run { address async throws in
            let first = try #require(try await bench.device(address).release(stream: "os"))
            let part = try ArtifactPart(first.artifact, at: bench.file)
            try await part.append(Array(Self.image.prefix(7)))
        }
        #expect(try bench.leftovers().count == 1 && bench.leftovers().first != "next.img")
        bench.hub.change { desk in
            switch rest {
            case .part: break
            case .whole: desk.artifact = { _, peer in try await peer.answer(200, Self.image) }
            case .otherPart:
                desk.artifact = { _, peer in
                    try await peer.answer(
                        206, headers: ["Content-Range: bytes 8-35/36"], Array(Self.image.dropFirst(8)))
                }
            case .shorter: desk.artifact = { _, peer in try await peer.answer(416) }
            case .withdrawn: desk.artifact = { _, peer in try await peer.answer(403) }
            }
        }
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            let release = try #require(try await device.release(stream: "os"))
            #expect(release.action == .install, "what was accepted and is not installed is offered again")
            do {
                try await device.download(release, to: bench.file)
                #expect(rest == .part || rest == .whole)
                #expect(try bench.work.get("next.img") == Self.image)
            } catch DeviceError.releaseRefused(let error, _) {
                #expect(rest == .shorter && error == "bad_artifact")
                #expect(try bench.leftovers().isEmpty)
            } catch DeviceError.artifactUnavailable(let status) {
                #expect(status == (rest == .otherPart ? 206 : 403))
                #expect(try !bench.leftovers().contains("next.img"))
            }
        }
        #expect(bench.hub.seen.ranges == ["bytes=7-"])
    }

    @Test func acceptance_IsOnDiskBeforeTheFirstByteIsAskedFor() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        let stored = Mutex<[Int64?]>([])
        bench.hub.change { desk in
            desk.artifact = { request, peer in
                let sequence = try bench.record().state.streams["os"]?.sequence
                stored.withLock { $0.append(sequence) }
                try await ReleaseBench.send(Self.image, request, peer)
            }
        }
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            try await device.download(try #require(try await device.release(stream: "os")), to: bench.file)
        }
        #expect(stored.withLock { $0 } == [42])
    }

    @Test func stopAfterTheDownload_FetchesNothingTwice() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        try await bench.hub.run { address async throws in
            for _ in 0..<2 {
                let device = try bench.device(address)
                let release = try #require(try await device.release(stream: "os"))
                #expect(release.action == .install)
                try await device.download(release, to: bench.file)
            }
        }
        let downloads = bench.hub.seen.requests.filter { $0.hasPrefix("/cosign/v1/device/artifacts/") }
        #expect(downloads.count == 1)
    }

    @Test func installedRelease_IsNotInstalledAgain() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            _ = try await device.release(stream: "os")
            await #expect(throws: DeviceError.releaseNotAccepted(stream: "os", seq: 41)) {
                try await device.markInstalled(stream: "os", seq: 41)
            }
            #expect(try bench.record().state.streams["os"]?.installed == false)
            try await device.markInstalled(stream: "os", seq: 42)
            #expect(try await bench.device(address).release(stream: "os")?.action == DeviceRelease.Action.none)
            let report = try #require(bench.hub.seen.reports.last)
            #expect(report["result"]?.string == "installed" && report["seq"]?.integer == 42)
            #expect(report["dep"]?.string == "deployment-7" && report["error"] == nil)
        }
    }

    @Test func installation_WaitsForWhoAsksTheHub() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            let other = Mutex<FolderLock?>(try bench.folder.lockReleases())
            let device = try bench.device(address) { $0.sleep = { _ in other.withLock { $0 = nil } } }
            try await device.markInstalled(stream: "os", seq: 42)
        }
        #expect(try bench.record().state.streams["os"]?.installed == true)
    }

    @Test func installation_IsNotedWithoutTheHub() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        let address = try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            return address
        }
        try await bench.device(address).markInstalled(stream: "os", seq: 42)
        #expect(try bench.record().state.streams["os"]?.installed == true)
    }
}
