import Encoding
import Testing

@testable import CoSigning

/// What a device stores, read back from a file that anything may have happened to.
@Suite struct AcceptanceStateTests {
    private static let json: JSONValue = [
        "streams": [
            "app": ["seq": 0, "sha256": .null, "installed": true],
            "os": ["seq": 42, "sha256": .string(Exchange.digest), "installed": false],
        ],
        "time_floor": 1_800_000_000, "jti": ["0022027-01-15T09:00:00Zabcdef"],
    ]

    @Test func state_SurvivesBeingWrittenAndRead() throws {
        let state = try #require(AcceptanceState(Self.json))
        #expect(state.streams["os"] == .init(sequence: 42, sha256: Exchange.digest, installed: false))
        #expect(state.streams["app"] == .init(sequence: 0, sha256: nil, installed: true))
        #expect(state.timeFloor == 1_800_000_000)
        #expect(state.usedIDs == ["0022027-01-15T09:00:00Zabcdef"])
        #expect(state.json == Self.json)
        #expect(AcceptanceState(state.json) == state)
    }

    @Test func endsOfUsedIDs_SurviveBeingWrittenAndRead() throws {
        let id = try #require(MessageID("0012027-01-15T08:00:00Zabcdef"))
        let json = Self.json.with("jti", [.string(id.text)]).with("jti_until", [id.text: 1_800_003_600])
        let state = try #require(AcceptanceState(json))
        #expect(state.usedUntil == [id: 1_800_003_600])
        #expect(state.json == json)
    }

    @Test func nothing_IsANewDevice() {
        #expect(AcceptanceState([:]) == AcceptanceState())
        #expect(AcceptanceState(AcceptanceState().json) == AcceptanceState())
    }

    @Test(
        arguments: [
            ("streams", []), ("streams", .null), ("streams", "os"), ("streams", ["OS": ["seq": 1]]),
            ("streams", ["os": 1]),
            ("streams", ["os": [:]]), ("streams", ["os": ["seq": -1]]), ("streams", ["os": ["seq": "1"]]),
            ("streams", ["os": ["seq": 9_007_199_254_740_992]]), ("streams", ["os": ["seq": 1, "sha256": 1]]),
            ("streams", ["os": ["seq": 1, "sha256": "abc"]]), ("streams", ["os": ["seq": 1, "installed": 1]]),
            ("streams", ["os": ["seq": 1, "installed": .null]]), ("time_floor", "1"), ("time_floor", .number("1.0")),
            ("time_floor", .null), ("time_floor", -1), ("time_floor", 253_402_300_800),
            ("time_floor", .number("-9223372036854775808")), ("jti", "a"), ("jti", [1]), ("jti", [:]),
            ("jti", ["a", .null]), ("jti_until", []), ("jti_until", ["a": 1]),
            ("jti_until", ["0012027-01-15T08:00:00Zabcdef": "1"]),
            ("jti_until", ["0012027-01-15T08:00:00Zabcdef": -1]),
            ("jti_until", ["0012027-01-15T08:00:00Zabcdef": 253_402_300_800]),
        ] as [(String, JSONValue)])
    func brokenState_IsNone(_ name: String, _ value: JSONValue) {
        #expect(AcceptanceState(Self.json.with(name, value)) == nil)
    }

    @Test func anythingButAnObject_IsNone() {
        for value: JSONValue in [.null, [], "state", 1, true] { #expect(AcceptanceState(value) == nil) }
    }

    /// Only what was accepted last can run.
    @Test func installedRelease_IsTheOneThatWasAccepted() throws {
        var state = try #require(AcceptanceState(Self.json))
        for (stream, sequence) in [("os", Int64(41)), ("os", 43), ("other", 42), ("", 42)] {
            let isMarked = state.markInstalled(stream: stream, sequence: sequence)
            #expect(!isMarked)
        }
        #expect(state.json == Self.json)
        let isMarked = state.markInstalled(stream: "os", sequence: 42)
        #expect(isMarked)
        #expect(state.streams["os"]?.installed == true)
        #expect(state.streams["os"]?.sha256 == Exchange.digest)
    }

    /// A floor at its ends, on a device without a clock: no overflow, and a verdict.
    @Test(arguments: [(0, nil), (253_402_300_799, .stale)] as [(Int64, CoSignError.Name?)])
    func floorAtItsEnds_IsComparedSafely(_ floor: Int64, _ error: CoSignError.Name?) throws {
        var exchange = Exchange().with(authorization: "nonce", "n")
        exchange.clock = nil
        exchange.challenge = "n"
        exchange.state.timeFloor = floor
        #expect(try exchange.error() == error)
    }
}
