import CoSigning
import Encoding
import Testing

/// Times on a device with a clock, a second around every tolerance (docs/protocols/cosign.md 5).
@Suite struct ClockTests {
    private static let now = Exchange.now

    /// A message without `nbf`, so that the claim under test is the only beginning.
    private static func bare() -> Exchange { Exchange(.message).with(claim: "nbf", nil) }

    @Test(arguments: ["nbf", "iat"]) func beginning_IsTwoMinutesEarlyAtMost(_ claim: String) throws {
        #expect(try Self.bare().with(claim: claim, .integer(Self.now + 120)).error() == nil)
        #expect(try Self.bare().with(claim: claim, .integer(Self.now + 121)).error() == .notYetValid)
        #expect(try Self.bare().with(claim: claim, 0).error() == nil)
    }

    @Test func end_IsThreeSecondsLateAtMost() throws {
        #expect(try Self.bare().with(claim: "exp", .integer(Self.now - 3)).error() == nil)
        #expect(try Self.bare().with(claim: "exp", .integer(Self.now - 4)).error() == .expired)
    }

    @Test func timesOfTheCoSignature_HaveTheSameTolerances() throws {
        let exchange = Exchange()
        func authorized(_ issued: Int64, _ end: Int64) throws -> CoSignError.Name? {
            try exchange.with(authorization: "iat", .integer(issued)).with(authorization: "exp", .integer(end)).error()
        }
        #expect(try authorized(Self.now + 120, Self.now + 900) == nil)
        #expect(try authorized(Self.now + 121, Self.now + 900) == .notYetValid)
        #expect(try authorized(Self.now - 900, Self.now - 3) == nil)
        #expect(try authorized(Self.now - 900, Self.now - 4) == .expired)
    }

    /// Of an id of form `002`.
    @Test(
        arguments: [
            ("0022027-01-15T07:59:57Zabcdef", nil), ("0022027-01-15T07:59:56Zabcdef", .expired),
            ("0022000-01-01T00:00:00Zabcdef", .expired), ("0029999-12-31T23:59:59Zabcdef", nil),
        ] as [(JSONValue, CoSignError.Name?)])
    func idThatEnds_CountsAsAnEnd(_ id: JSONValue, _ error: CoSignError.Name?) throws {
        #expect(try Self.bare().with(claim: "jti", id).error() == error)
    }

    /// Of an id of form `001`: made at most two minutes ahead of the clock, and of the message's beginning.
    @Test(
        arguments: [
            ("0012027-01-15T08:02:00Zabcdef", nil, nil), ("0012027-01-15T08:02:01Zabcdef", nil, .notYetValid),
            ("0012000-01-01T00:00:00Zabcdef", nil, nil), ("0012027-01-15T07:58:00Zabcdef", 1_800_000_000, nil),
            ("0012027-01-15T07:57:59Zabcdef", 1_800_000_000, .expired),
        ] as [(JSONValue, JSONValue?, CoSignError.Name?)])
    func idThatBegins_IsComparedWithClockAndMessage(
        _ id: JSONValue, _ notBefore: JSONValue?, _ error: CoSignError.Name?
    ) throws {
        #expect(try Self.bare().with(claim: "jti", id).with(claim: "nbf", notBefore).error() == error)
    }

    /// The floor stands in for a clock that was set back, by years too.
    @Test(arguments: [1_800_000_000, 1_642_320_000, 0, .min] as [Int64])
    func clockBehindTheFloor_IsNotBelieved(_ clock: Int64) throws {
        var exchange = Exchange(.message)
        exchange.clock = clock
        exchange.state.timeFloor = 1_800_003_603
        #expect(try exchange.error() == nil)
        exchange.state.timeFloor = 1_800_003_604
        #expect(try exchange.error() == .expired)
        // Nor does a lower floor hold a good clock back.
        exchange.clock = Self.now
        exchange.state.timeFloor = 0
        #expect(try exchange.error() == nil)
    }

    @Test(arguments: [Int64.max, .min, 253_402_300_799, -1]) func clockThatJumps_EndsInAnError(_ clock: Int64) throws {
        var exchange = Exchange()
        exchange.clock = clock
        #expect(try exchange.error() == (clock > Self.now ? .expired : .notYetValid))
    }

    /// "Too early" is said before "too late".
    @Test func messageThatEndsBeforeItBegins_IsNotYetValid() throws {
        let exchange = Exchange(.message).with(claim: "nbf", .integer(Self.now + 500))
        #expect(try exchange.with(claim: "exp", .integer(Self.now - 500)).error() == .notYetValid)
    }

    /// A fraction is dropped, not rounded.
    @Test func fraction_IsDropped() throws {
        #expect(try Self.bare().with(claim: "exp", .number("\(Self.now - 4).999")).error() == .expired)
        #expect(try Self.bare().with(claim: "nbf", .number("\(Self.now + 120).999")).error() == nil)
    }

    @Test func floor_RisesWithTheCoSignatureAndNeverFalls() throws {
        var exchange = Exchange()
        #expect(try exchange.judge().state.timeFloor == Self.now)
        exchange.state.timeFloor = Self.now - 1
        #expect(try exchange.judge().state.timeFloor == Self.now)
        exchange.state.timeFloor = Self.now + 1
        #expect(try exchange.judge().state.timeFloor == Self.now + 1)
        // A message of oneID says nothing of the hub's time.
        #expect(try Exchange(.message).judge().state.timeFloor == 0)
    }
}
