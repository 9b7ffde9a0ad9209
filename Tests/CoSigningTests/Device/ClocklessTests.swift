import Encoding
import Testing

@testable import CoSigning

/// Times on a device without a clock (docs/protocols/cosign.md 5).
@Suite struct ClocklessTests {
    private static let now = Exchange.now
    private static let nonce = "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4"

    private static func exchange(_ kind: MessageKind = .release) -> Exchange {
        var exchange = Exchange(kind).with(authorization: "nonce", .string(nonce))
        exchange.clock = nil
        exchange.challenge = nonce
        return exchange
    }

    @Test func repeatedChallenge_StandsInForTheClock() throws {
        let accepted = try Self.exchange().judge()
        #expect(accepted.state.timeFloor == Self.now)
        #expect(accepted.action == .install)
    }

    @Test(arguments: [nil, "", "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5"] as [JSONValue?])
    func otherChallenge_IsAMismatch(_ nonce: JSONValue?) throws {
        #expect(try Self.exchange().with(authorization: "nonce", nonce).error() == .nonceMismatch)
    }

    @Test func withoutChallenge_NothingIsAccepted() throws {
        var exchange = Self.exchange()
        exchange.challenge = nil
        #expect(try exchange.error() == .nonceMismatch)
        #expect(try exchange.with(authorization: "nonce", nil).error() == .nonceMismatch)
    }

    @Test(arguments: [(120, nil), (121, .stale), (0, nil), (-900, nil)] as [(Int64, CoSignError.Name?)])
    func hubBehindTheFloor_IsStaleAfterTwoMinutes(_ behind: Int64, _ error: CoSignError.Name?) throws {
        var exchange = Self.exchange()
        exchange.state.timeFloor = Self.now + behind
        #expect(try exchange.error() == error)
    }

    /// A co-signature that ended by the floor is expired, though its time is not yet stale.
    @Test func coSignatureThatEndedBeforeTheFloor_IsExpired() throws {
        var exchange = Self.exchange().with(authorization: "exp", .integer(Self.now + 60))
        exchange.state.timeFloor = Self.now + 63
        #expect(try exchange.error() == nil)
        exchange.state.timeFloor = Self.now + 64
        #expect(try exchange.error() == .expired)
    }

    /// Claims are measured by the hub's time.
    @Test func claims_AreComparedWithTheCoSignature() throws {
        func begins(_ time: Int64) throws -> CoSignError.Name? {
            try Self.exchange().with(claim: "nbf", .integer(time)).error()
        }
        #expect(try begins(Self.now + 120) == nil)
        #expect(try begins(Self.now + 121) == .notYetValid)
        func ends(_ time: Int64) throws -> CoSignError.Name? {
            try Self.exchange().with(claim: "exp", .integer(time)).error()
        }
        #expect(try ends(Self.now - 3) == nil)
        #expect(try ends(Self.now - 4) == .expired)
    }

    /// What oneID's hub co-signs does not say when.
    @Test func coSignatureWithoutTime_LacksItsAuthorization() throws {
        #expect(try Self.exchange(.message).error() == .missingAuthorization)
        #expect(try Self.exchange(.message).with(authorization: "iat", .integer(Self.now)).error() == nil)
    }

    @Test func bundle_IsJudgedByTheFloorAlone() throws {
        var exchange = Exchange()
        exchange.clock = nil
        exchange.isOffline = true
        #expect(try exchange.error() == nil)
        // Neither "not yet" nor "stale" can be known.
        #expect(try exchange.with(claim: "nbf", 253_402_300_799).error() == nil)
        exchange.state.timeFloor = Self.now + 903
        #expect(try exchange.error() == nil)
        exchange.state.timeFloor = Self.now + 904
        #expect(try exchange.error() == .expired)
    }

    @Test func bundle_IsBoundToAudienceTypeAndSequence() throws {
        var exchange = Exchange()
        exchange.clock = nil
        exchange.isOffline = true
        #expect(try exchange.with(authorization: "aud", "device:other").error() == .wrongAudience)
        #expect(try exchange.with(claim: "device_types", ["other"]).error() == .wrongDeviceType)
        exchange.state.streams["os"] = .init(sequence: 43, sha256: nil, installed: true)
        #expect(try exchange.error() == .rollback)
    }

    /// A medium has no challenge, so what repeats one came from elsewhere.
    @Test func bundleWithANonce_IsAMismatch() throws {
        var exchange = Exchange().with(authorization: "nonce", .string(Self.nonce))
        exchange.clock = nil
        exchange.isOffline = true
        #expect(try exchange.error() == .nonceMismatch)
        exchange.challenge = Self.nonce
        #expect(try exchange.error() == nil)
        exchange.challenge = "another"
        #expect(try exchange.error() == .nonceMismatch)
    }

    /// Who could send a challenge has the hub's time, and is held to it.
    @Test func bundleWithAnAnsweredChallenge_IsJudgedByTheHubsTime() throws {
        var exchange = Self.exchange()
        exchange.isOffline = true
        #expect(try exchange.error() == nil)
        #expect(try exchange.with(claim: "nbf", .integer(Self.now + 121)).error() == .notYetValid)
        exchange.state.timeFloor = Self.now + 121
        #expect(try exchange.error() == .stale)
    }

    /// On a device with a clock the medium changes nothing.
    @Test func bundleOnADeviceWithAClock_IsJudgedByTheClock() throws {
        var exchange = Exchange()
        exchange.isOffline = true
        exchange.clock = Self.now + 904
        #expect(try exchange.error() == .expired)
        exchange.clock = Self.now - 121
        #expect(try exchange.error() == .notYetValid)
    }

    /// With a clock as well: a challenge and a nonce go together.
    @Test(
        arguments: [
            (nil, nil, nil), ("a", "a", nil), ("a", nil, .nonceMismatch), (nil, "a", .nonceMismatch),
            ("a", "b", .nonceMismatch), ("caf\u{E9}", "cafe\u{301}", .nonceMismatch), ("", "", nil),
        ] as [(String?, String?, CoSignError.Name?)])
    func challengeAndNonce_GoTogether(_ challenge: String?, _ nonce: String?, _ error: CoSignError.Name?) throws {
        for kind in [MessageKind.release, .message] {
            var exchange = Exchange(kind).with(authorization: "nonce", nonce.map { .string($0) })
            exchange.challenge = challenge
            #expect(try exchange.error() == error)
        }
    }
}
