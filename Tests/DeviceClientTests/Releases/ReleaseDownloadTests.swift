import BaseTestSupport
import Encoding
import Files
import HostilePeer
import Testing

@testable import DeviceClient

/// An artifact's way into its file.
@Suite(.timeLimit(.minutes(2))) struct ReleaseDownloadTests {
    private static let image = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    private static let offered = TestPublisher.Release(artifact: image, start: ReleaseBench.now - 3600)

    /// What comes in the place of the artifact.
    enum Wrong: String, CaseIterable, CustomTestStringConvertible {
        case truncated, empty, extended, endless, swapped, flippedBit
        var testDescription: String { rawValue }

        func send(_ peer: PeerConnection) async throws {
            switch self {
            case .truncated: try await peer.answer(200, Array(image.dropLast()))
            case .empty: try await peer.answer(200, [])
            case .extended: try await peer.answer(200, image + [0])
            case .endless:
                try await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while true { try await peer.send("24\r\n" + String(decoding: image, as: UTF8.self) + "\r\n") }
            case .swapped: try await peer.answer(200, Array(image.reversed()))
            case .flippedBit: try await peer.answer(200, [image[0] ^ 1] + image.dropFirst())
            }
        }
    }

    @Test(arguments: Wrong.allCases) func wrongFile_NeverAppears(_ wrong: Wrong) async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        bench.hub.change { $0.artifact = { _, peer in try await wrong.send(peer) } }
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            let release = try #require(try await device.release(stream: "os"))
            #expect(await refusal { try await device.download(release, to: bench.file) } == "bad_artifact")
            #expect(try bench.leftovers().isEmpty, "neither the file nor a part of it")
            let report = try #require(bench.hub.seen.reports.last)
            #expect(report["error"]?.string == "bad_artifact" && report["seq"]?.integer == 42)
            #expect(report["dep"]?.string == "deployment-7")
            bench.offer(Self.offered)
            try await device.download(release, to: bench.file)
        }
        #expect(try bench.work.get("next.img") == Self.image)
    }

    /// Sends the head of a whole answer, and some of the bytes, then cuts the connection.
    private static func sendAndBreak(_ count: Int, of bytes: ArraySlice<UInt8>, _ peer: PeerConnection) async throws {
        try await peer.send(
            "HTTP/1.1 206 Partial\r\nContent-Length: \(bytes.count)\r\n"
                + "Content-Range: bytes \(bytes.startIndex)-\(image.count - 1)/\(image.count)\r\n\r\n")
        try await peer.send(Array(bytes.prefix(count)))
        throw CancellationError()
    }

    @Test func interruption_IsGoneOnWithWhereItWas() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        bench.hub.change { desk in
            desk.artifact = { request, peer in
                let start = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
                if start >= 30 { return try await ReleaseBench.send(Self.image, request, peer) }
                if start == 0 {
                    try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.image.count)\r\n\r\n")
                    try await peer.send(Array(Self.image.prefix(10)))
                    throw CancellationError()
                }
                try await Self.sendAndBreak(10, of: Self.image[start...], peer)
            }
        }
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            let release = try #require(try await device.release(stream: "os"))
            try await device.download(release, to: bench.file)
        }
        #expect(try bench.work.get("next.img") == Self.image)
        #expect(bench.hub.seen.ranges == ["bytes=10-", "bytes=20-", "bytes=30-"])
        #expect(try bench.leftovers() == ["next.img"])
    }

    @Test func fileThatWasSpoiledAfterwards_IsFetchedAnew() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            let release = try #require(try await device.release(stream: "os"))
            try bench.work.put("next.img", Self.image.reversed())
            try await device.download(release, to: bench.file)
        }
        #expect(try bench.work.get("next.img") == Self.image)
    }

    @Test func bytesBeyondTheSignedSize_AreNotWritten() async throws {
        let work = try WorkFolder()
        let artifact = DeviceRelease.Artifact(
            name: "image", sha256: String(repeating: "0", count: 64), size: Int64(Self.image.count), format: nil)
        let part = try ArtifactPart(artifact, at: work.path + "/next.img")
        try await part.append(Array(Self.image.dropLast()))
        #expect(await refusal { try await part.append([1, 2]) } == "bad_artifact")
        #expect(await part.size == Int64(Self.image.count - 1))
        #expect(try work.names.isEmpty)
    }

    @Test(arguments: ["/bin/mkdir", "/usr/bin/mkfifo", "/bin/ln -s /dev/null"])
    func placeThatIsNoPlainFile_IsRefusedBeforeTheDownload(_ command: String) async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        let words = command.split(separator: " ").map(String.init)
        _ = try ExternalProgram.run(words[0], words.dropFirst() + [bench.file])
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            let release = try #require(try await device.release(stream: "os"))
            let text = await refusal { try await device.download(release, to: bench.file) }
            #expect(text?.contains("\(bench.file) is a folder, device, pipe or link") == true)
        }
        #expect(bench.hub.seen.requests.allSatisfy { !$0.hasPrefix("/cosign/v1/device/artifacts/") })
        #expect(try bench.leftovers() == ["next.img"])
    }

    @Test func fileThatDoesNotFit_LeavesNothing() async throws {
        let work = try WorkFolder()
        let artifact = DeviceRelease.Artifact(
            name: "image", sha256: String(repeating: "0", count: 64), size: 1 << 60, format: nil)
        #expect {
            _ = try ArtifactPart(artifact, at: work.path + "/next.img")
        } throws: {
            guard case .artifactFile(let reason)? = $0 as? DeviceError else { return false }
            return reason.contains("make room")
        }
        #expect(try work.names.isEmpty)
    }

    @Test func partOfAnotherArtifact_GoesAndOtherFilesStay() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        let others = ["next.img.part", "next.img.0123456789abcdez.part", "other.img.0123456789abcdef.part"]
        for name in others + ["next.img.0123456789abcdef.part"] { try bench.work.put(name, [1]) }
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            try await device.download(try #require(try await device.release(stream: "os")), to: bench.file)
        }
        #expect(try Set(bench.leftovers()) == Set(others + ["next.img"]))
    }

    @Test func partsThatAreLinks_AreNotFollowed() async throws {
        let bench = try ReleaseBench()
        bench.offer(Self.offered)
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            let release = try #require(try await device.release(stream: "os"))
            let target = try bench.work.put("precious", Array("keep me".utf8))
            let part = "\(bench.file).\(release.artifact.sha256.prefix(16)).part"
            _ = try ExternalProgram.run("/bin/ln", ["-s", target, part])
            await #expect(throws: DeviceError.self) { try await device.download(release, to: bench.file) }
        }
        #expect(try bench.work.get("precious") == Array("keep me".utf8))
    }
}
