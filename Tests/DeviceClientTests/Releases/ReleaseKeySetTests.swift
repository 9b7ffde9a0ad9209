import CoSigning
import Encoding
import Testing

@testable import DeviceClient

/// Key sets as a device meets them (docs/protocols/cosign.md 7).
@Suite(.timeLimit(.minutes(2))) struct ReleaseKeySetTests {
    private static let start = ReleaseBench.now - 3600

    @Test func keySets_AreWalkedBeforeTheReleaseIsAskedFor() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            let first = bench.publisher
            var (second, third) = (first, first)
            second.coSigner = try TestPublisher.key(first.coSigner.kid.text + "#2")
            third.coSigner = second.coSigner
            third.projectKey = try TestPublisher.key(TestPublisher.project + "#2")
            let sets = [
                2: try TestPublisher.keySet(
                    try second.trust(version: 2), signedBy: [first.projectKey, first.coSigner, second.coSigner]),
                3: try TestPublisher.keySet(
                    try third.trust(version: 3), signedBy: [second.projectKey, second.coSigner, third.projectKey]),
            ]
            let newest = third
            bench.hub.change { $0.keySets = [2: sets[2] ?? [], 3: sets[3] ?? []] }
            bench.offer { try newest.coSigned(.init(seq: 43, start: Self.start), now: ReleaseBench.now, nonce: $0) }
            #expect(try await bench.device(address).release(stream: "os")?.seq == 43)
            #expect(try bench.record().trust == newest.trust(version: 3))
            #expect(
                bench.hub.seen.requests.suffix(4).map { $0.split(separator: "/").last ?? "" } == [
                    "2", "3", "4", "release",
                ])
        }
    }

    @Test func badKeySet_EndsTheLookAndIsTold() async throws {
        let bench = try ReleaseBench()
        bench.offer()
        try await bench.hub.run { address async throws in
            _ = try await bench.device(address).release(stream: "os")
            let before = try bench.record()
            var thief = bench.publisher
            thief.projectKey = try TestPublisher.key(TestPublisher.project + "#2")
            // The hub alone: its co-signer key, and a project key of its own.
            let set = try TestPublisher.keySet(
                try thief.trust(version: 2), signedBy: [thief.projectKey, thief.coSigner])
            bench.hub.change { $0.keySets = [2: set] }
            #expect(await refusal { try await bench.device(address).release(stream: "os") } == "missing_signature")
            #expect(try bench.record().trust == before.trust)
            #expect(bench.hub.seen.asks.count == 1, "no release is asked for")
            #expect(bench.hub.seen.reports.last?["error"]?.string == "missing_signature")
        }
    }
}
