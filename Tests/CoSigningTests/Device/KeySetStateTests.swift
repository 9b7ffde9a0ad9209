import Encoding
import Testing

@testable import CoSigning

/// What a key set changes of a device's state (docs/protocols/cosign.md 7, step 8).
@Suite struct KeySetStateTests {
    private static func exchange(_ reset: JSONValue?) -> KeySetExchange {
        var exchange = KeySetExchange().with("seq_reset", reset)
        exchange.state.streams["os"] = .init(sequence: 100, sha256: Exchange.digest, installed: true)
        exchange.state.streams["app"] = .init(sequence: 5, sha256: Exchange.otherDigest, installed: true)
        return exchange
    }

    @Test(
        arguments: [
            (nil, 100), ([:], 100), (["os": 99], 99), (["os": 1], 1), (["os": 100], 100), (["os": 101], 100),
            (["os": 9_007_199_254_740_991], 100), (["os": 0], nil), (["unknown": 0], 100),
        ] as [(JSONValue?, Int64?)])
    func stream_IsTakenBackNeverForward(_ reset: JSONValue?, _ sequence: Int64?) throws {
        let state = try Self.exchange(reset).judge().state
        #expect(state.streams["os"]?.sequence == sequence)
        let isKept = sequence == 100
        #expect(state.streams["os"]?.sha256 == (isKept ? Exchange.digest : nil))
        #expect(state.streams["app"] == .init(sequence: 5, sha256: Exchange.otherDigest, installed: true))
        #expect(state.streams["unknown"] == nil)
    }

    /// A publisher's mistake or a thief's release with the highest number: the fleet can go on afterwards.
    @Test func fastForward_IsRepaired() throws {
        var release = Exchange().with(claim: "seq", 9_007_199_254_740_991)
        release.state = try release.judge().state
        #expect(try release.with(claim: "seq", 42).error() == .rollback)
        var keySet = Self.exchange(["os": 41])
        keySet.state = release.state
        let repaired = try keySet.judge()
        release.state = repaired.state
        release.trust = Exchange.trust
        #expect(try release.with(claim: "seq", 40).error() == .rollback)
        #expect(try release.with(claim: "seq", 42).judge().action == .install)
    }

    @Test func rejectedKeySet_ChangesNothing() throws {
        let exchange = Self.exchange(["os": 0]).with("version", 9)
        #expect(try exchange.error() == .wrongVersion)
        #expect(exchange.state.streams["os"]?.sequence == 100)
    }

    /// The floor comes down by recovery only, to `nbf` at most.
    @Test(
        arguments: [
            ([.project, .coSigner, .nextCoSigner], 1_700_000_000, 1_800_000_000),
            ([.recoveryA, .recoveryB, .nextCoSigner], 1_700_000_000, 1_700_000_000),
            ([.recoveryA, .recoveryB, .nextCoSigner], 1_900_000_000, 1_800_000_000),
            ([.recoveryA, .recoveryB, .nextCoSigner], nil, 1_800_000_000),
            ([.recoveryA, .recoveryB, .nextCoSigner], "never", 1_800_000_000),
            ([.project, .coSigner, .recoveryA, .nextCoSigner], 1_700_000_000, 1_800_000_000),
            ([.project, .coSigner, .recoveryA, .recoveryB, .nextCoSigner], 1_700_000_000, 1_700_000_000),
        ] as [([Party], JSONValue?, Int64)])
    func floor_ComesDownByRecoveryOnly(_ signers: [Party], _ notBefore: JSONValue?, _ floor: Int64) throws {
        var exchange = KeySetExchange(signers: signers).with("nbf", notBefore)
        exchange.state.timeFloor = 1_800_000_000
        #expect(try exchange.judge().state.timeFloor == floor)
    }

    @Test func usedIDs_AreKept() throws {
        var exchange = KeySetExchange()
        exchange.state.usedIDs = ["0022027-01-15T09:00:00Zabcdef"]
        #expect(try exchange.judge().state.usedIDs == exchange.state.usedIDs)
    }
}
