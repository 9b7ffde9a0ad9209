import BaseTestSupport
import CoSigning
import Encoding
import Files
import Foundation
import HostilePeer
import Testing

@testable import DeviceClient

/// The program itself, killed at the worst moments: what it knows afterwards, and that it goes on.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ReleaseKillTests {
    private static let image = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    private static let offered = TestPublisher.Release(artifact: image, start: ReleaseBench.now - 3600)

    /// When it is killed.
    enum Moment: CaseIterable {
        /// It has asked, and has no answer.
        case asked
        /// The release is accepted, the artifact asked for.
        case accepted
        /// A part of the artifact is there.
        case downloading
    }

    /// Runs `hub-agent release …` to its end, by its own doing or not; the document it printed.
    private static func agent(_ bench: ReleaseBench, _ arguments: [String]) throws -> JSONValue? {
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let line = #"echo $$ > "$0/pid"; exec "$@""#
        let output = try ExternalProgram.run(
            "/bin/sh",
            ["-c", line, bench.work.path, folder + "/hub-agent", "release"] + arguments
                + ["--state", bench.folder.path])
        return try? JSONValue(parsing: output)
    }

    private static func fetch(_ bench: ReleaseBench, _ address: String) throws -> JSONValue? {
        try agent(
            bench,
            ["fetch", "--stream", "os", "--type", "rpi4", "--out", bench.file, "--hub", address, "--json"])
    }

    private static func kill(_ bench: ReleaseBench) throws {
        let text = String(decoding: try bench.work.get("pid"), as: UTF8.self)
        _ = Glibc.kill(try #require(pid_t(text.prefix { $0.isNumber })), SIGKILL)
    }

    /// From now on the hub kills who asks it, at one moment.
    private static func lieInWait(_ bench: ReleaseBench, at moment: Moment) {
        bench.offer(offered)
        let publisher = bench.publisher
        bench.hub.change { desk in
            if moment == .asked {
                desk.release = { ask in
                    try kill(bench)
                    return try publisher.coSigned(offered, now: ReleaseBench.now, nonce: ask.nonce)
                }
            } else {
                desk.artifact = { _, peer in
                    if moment == .downloading {
                        try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(image.count)\r\n\r\n")
                        try await peer.send(Array(image.prefix(10)))
                        // What it has written is what says that the bytes have arrived.
                        while try bench.part() != 10 { await Task.yield() }
                    }
                    try kill(bench)
                    try await peer.waitForEnd()
                }
            }
        }
    }

    @Test(arguments: Moment.allCases) func agentThatIsKilled_GoesOnFromWhatIsOnDisk(_ moment: Moment) async throws {
        let bench = try ReleaseBench()
        Self.lieInWait(bench, at: moment)
        try await bench.hub.run { address async throws in
            #expect(try Self.fetch(bench, address) == nil, "killed")
            let accepted = try bench.record().state.streams["os"]
            #expect(accepted?.sequence == (moment == .asked ? nil : 42))
            #expect(accepted?.installed != true)
            #expect(!SecureFile.exists(bench.file), "no file before it is whole")
            bench.offer(Self.offered)
            for _ in 0..<2 {
                let found = try #require(try Self.fetch(bench, address))
                #expect(found["action"]?.string == "install" && found["file"]?.string == bench.file)
                #expect(try bench.work.get("next.img") == Self.image)
            }
            #expect(bench.hub.seen.ranges == (moment == .downloading ? ["bytes=10-"] : []))
            _ = try Self.agent(bench, ["installed", "--stream", "os", "--seq", "42", "--hub", address])
            #expect(try Self.fetch(bench, address)?["action"]?.string == "none")
            #expect(bench.hub.seen.reports.last?["result"]?.string == "installed")
        }
    }
}

extension ReleaseBench {
    /// Bytes of the artifact that are there.
    fileprivate func part() throws -> Int64? {
        try leftovers().first { $0.hasSuffix(".part") }.map { SecureFile.size(work.path + "/" + $0) }
    }
}
