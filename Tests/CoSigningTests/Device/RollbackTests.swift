import BaseTestSupport
import Encoding
import Testing

@testable import CoSigning

/// The order of the releases of a stream (docs/protocols/cosign.md 4, step 13).
@Suite struct RollbackTests {
    private static func exchange(_ sequence: Int64, _ sha256: String = Exchange.digest, stream: String = "os")
        -> Exchange
    {
        Exchange().with(claim: "seq", .integer(sequence)).with(claim: "stream", .string(stream))
            .with(claim: "artifact.sha256", .string(sha256))
    }

    @Test(arguments: [(41, .rollback), (42, nil), (43, nil)] as [(Int64, CoSignError.Name?)])
    func lowerSequence_IsARollback(_ sequence: Int64, _ error: CoSignError.Name?) throws {
        for installed in [true, false] {
            var exchange = Self.exchange(sequence)
            exchange.state.streams["os"] = .init(sequence: 42, sha256: Exchange.digest, installed: installed)
            #expect(try exchange.error() == error)
        }
    }

    @Test func sameSequence_MustBeTheSameFile() throws {
        var exchange = Self.exchange(42, Exchange.otherDigest)
        for installed in [true, false] {
            exchange.state.streams["os"] = .init(sequence: 42, sha256: Exchange.digest, installed: installed)
            #expect(try exchange.error() == .equivocation)
        }
    }

    /// Power was cut between acceptance and installation: the same message starts it again.
    @Test func sameRelease_IsInstalledUntilItRuns() throws {
        var exchange = Self.exchange(42)
        var accepted = try exchange.judge()
        #expect(accepted.action == .install)
        #expect(accepted.state.streams["os"] == .init(sequence: 42, sha256: Exchange.digest, installed: false))
        exchange.state = accepted.state
        accepted = try exchange.judge()
        #expect(accepted.action == .install)
        exchange.state = accepted.state
        let isMarked = exchange.state.markInstalled(stream: "os", sequence: 42)
        #expect(isMarked)
        accepted = try exchange.judge()
        #expect(accepted.action == Verification.Action.none)
        #expect(accepted.state.streams["os"]?.installed == true)
    }

    /// What a key set took back has no file any more.
    @Test func sequenceWithoutAFile_TakesTheFirstThatComes() throws {
        var exchange = Self.exchange(42, Exchange.otherDigest)
        exchange.state.streams["os"] = .init(sequence: 42, sha256: nil, installed: true)
        let accepted = try exchange.judge()
        #expect(accepted.action == .install)
        #expect(accepted.state.streams["os"] == .init(sequence: 42, sha256: Exchange.otherDigest, installed: false))
    }

    @Test func higherRelease_ReplacesWhatRuns() throws {
        var exchange = Self.exchange(43, Exchange.otherDigest)
        exchange.state.streams["os"] = .init(sequence: 42, sha256: Exchange.digest, installed: true)
        let accepted = try exchange.judge()
        #expect(accepted.action == .install)
        #expect(accepted.state.streams["os"] == .init(sequence: 43, sha256: Exchange.otherDigest, installed: false))
    }

    @Test func release_IsNoReplayByItsID() throws {
        var exchange = Exchange()
        exchange.state.usedIDs = [try Exchange.release.requiredText("jti")]
        let accepted = try exchange.judge()
        #expect(accepted.state.usedIDs == exchange.state.usedIDs)
    }

    /// Random releases of two streams against a model: never down, never another file under one number.
    @Test(arguments: [1, 2, 3] as [UInt64]) func randomReleases_FollowTheModel(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        var state = AcceptanceState()
        var model: [String: (sequence: Int64, sha256: String, installed: Bool)] = [:]
        for _ in 0..<150 {
            let stream = generator.pick(["os", "app.gateway"])
            let sequence = Int64.random(in: 1...12, using: &generator)
            let sha256 = generator.pick([Exchange.digest, Exchange.otherDigest])
            var exchange = Self.exchange(sequence, sha256, stream: stream)
            exchange.state = state
            let known = model[stream]
            var expected: CoSignError.Name?
            if let known, sequence < known.sequence { expected = .rollback }
            if let known, sequence == known.sequence, sha256 != known.sha256 { expected = .equivocation }
            #expect(try exchange.error() == expected)
            guard expected == nil else { continue }
            let accepted = try exchange.judge()
            let runs = known?.sequence == sequence && known?.installed == true
            #expect(accepted.action == (runs ? Verification.Action.none : .install))
            state = accepted.state
            model[stream] = (sequence, sha256, runs)
            if Bool.random(using: &generator) {
                let isMarked = state.markInstalled(stream: stream, sequence: sequence)
                #expect(isMarked)
                model[stream]?.installed = true
            }
            #expect(state.streams.mapValues(\.sequence) == model.mapValues(\.sequence))
        }
    }
}
