import CoSigning
import Encoding
import PKI
import Testing

@testable import DeviceClient

/// Releases and clocks: set back, missing, and hubs that say nothing (docs/protocols/cosign.md 5).
@Suite(.timeLimit(.minutes(2))) struct ReleaseTimeTests {
    private static let now = ReleaseBench.now
    private static let fiveYears: Int64 = 5 * 365 * 86_400

    @Test func clockSetBackByFiveYears_IsNotBelieved() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            func aged(_ device: inout DeviceConfiguration) { device.now = { Self.now - Self.fiveYears } }
            let publisher = bench.publisher
            // Valid five years ago, by the clock: the release had not been made when the device saw this time pass.
            let old = TestPublisher.Release(seq: 43, start: Self.now - Self.fiveYears - 86_400)
            bench.offer { try publisher.coSigned(old, now: Self.now - Self.fiveYears, nonce: $0) }
            #expect(await refusal { try await bench.device(address, aged).release(stream: "os") } == "stale")
            // The hub's own time goes on, and the challenge shows that its answer is fresh.
            let new = TestPublisher.Release(seq: 43, start: Self.now)
            bench.offer { try publisher.coSigned(new, now: Self.now + 60, nonce: $0) }
            #expect(try await bench.device(address, aged).release(stream: "os")?.seq == 43)
            #expect(try bench.record().state.timeFloor == Self.now + 60)
        }
    }

    @Test func clockAhead_RefusesWhatHasEndedByIt() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            let device = try bench.device(address) { $0.now = { Self.now + 3600 } }
            #expect(await refusal { try await device.release(stream: "os") } == "expired")
        }
    }

    @Test func deviceWithoutClock_GoesByTheHubsAnswer() async throws {
        let bench = try ReleaseBench()
        let publisher = bench.publisher
        let release = TestPublisher.Release(start: Self.now - 3600)
        try await bench.hub.run { address async throws in
            // An hour off its own clock, which does not count.
            bench.offer { try publisher.coSigned(release, now: Self.now - 1800, nonce: $0) }
            let device = try bench.device(address) { $0.hasClock = false }
            #expect(try await device.release(stream: "os")?.seq == 42)
            #expect(try bench.record().state.timeFloor == Self.now - 1800)
            bench.offer { try publisher.coSigned(release, now: Self.now - 1800 - 121, nonce: $0) }
            #expect(await refusal { try await device.release(stream: "os") } == "stale")
        }
    }

    @Test func silence_CountsUptimeOverRestartsAndEndsWithAMessage() async throws {
        let bench = try ReleaseBench()
        let week: Int64 = 7 * 86_400
        @Sendable func at(_ uptime: Int64, _ boot: String) -> @Sendable (inout DeviceConfiguration) -> Void {
            {
                $0.uptime = { uptime }
                $0.bootID = { boot }
            }
        }
        try await bench.hub.run { address async throws in
            @Sendable func ask(_ uptime: Int64, _ boot: String) async throws -> ReleaseStatus {
                let device = try bench.device(address, at(uptime, boot))
                _ = try await device.release(stream: "os")
                return try await device.releaseStatus()
            }
            bench.offer()
            #expect(try await ask(100, "first").silentSeconds == 0)
            bench.hub.change { $0.release = nil }
            #expect(try await ask(100 + week - 50, "first").health == .ok)
            let after = try await ask(50, "second")
            #expect(after.silentSeconds == week && after.health == .ok, "exactly a week is not too long")
            let stale = try await bench.device(address, at(51, "second")).releaseStatus()
            #expect(stale.health == .updatesStale && stale.acceptedAt == Self.now)
            bench.offer()
            let fresh = try await ask(60, "second")
            #expect(fresh.health == .ok && fresh.silentSeconds == 0)
        }
    }

    @Test func status_TellsWhatIsKnown() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            let device = try bench.device(address)
            let before = try await device.releaseStatus()
            #expect(before.streams.isEmpty && before.trustOrigin == nil && before.acceptedAt == nil)
            _ = try await device.release(stream: "os")
            let status = try await device.releaseStatus()
            let stream = try #require(status.streams.first)
            #expect(stream.name == "os" && stream.seq == 42 && stream.version == "2.4.42" && !stream.isInstalled)
            #expect(stream.sha256 == Hex.encode(SHA256.hash(Array("an image".utf8))))
            #expect(status.trustVersion == 1 && status.trustOrigin == .hub && status.timeFloor == Self.now)
        }
    }
}
