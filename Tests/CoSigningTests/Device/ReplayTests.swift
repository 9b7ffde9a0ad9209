import CoSigning
import Encoding
import Testing

/// Messages are acted on once (docs/protocols/cosign.md 4, step 13).
@Suite struct ReplayTests {
    private static func id(_ number: Int, ending time: String = "2027-01-15T09:00:00Z") -> String {
        let digits = String(number)
        return "002" + time + String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }

    @Test func sameID_IsReplayedWhateverTheSignatureBytes() throws {
        var exchange = Exchange(.message)
        let first = try exchange.draft().bytes
        exchange.state = try exchange.judge(first).state
        // Signed again: other bytes, the same id.
        let second = try exchange.draft().bytes
        #expect(first != second)
        #expect(try refusal { try exchange.judge(first) } == .replayed)
        #expect(try refusal { try exchange.judge(second) } == .replayed)
        #expect(try exchange.with(claim: "jti", .string(Self.id(1))).error() == nil)
    }

    @Test func rejectedMessage_LeavesItsIDUnused() throws {
        let exchange = Exchange(.message)
        #expect(try exchange.with(claim: "aud", "device:other").error() == .wrongAudience)
        #expect(try exchange.judge().state.usedIDs == ["0022027-01-15T09:00:00Zabcdef"])
    }

    @Test func fullMemory_RefusesAsReplayed() throws {
        var exchange = Exchange(.message)
        exchange.state.usedIDs = (0..<4095).map { Self.id($0) }
        let accepted = try exchange.judge()
        #expect(accepted.state.usedIDs.count == 4096)
        exchange.state = accepted.state
        #expect(try exchange.with(claim: "jti", .string(Self.id(5000))).error() == .replayed)
        // Releases need no memory.
        var release = Exchange()
        release.state = accepted.state
        #expect(try release.error() == nil)
    }

    /// An id goes when a message with it would be expired at any clock, not a second earlier.
    @Test func endedIDs_MakeRoom() throws {
        var exchange = Exchange(.message)
        let kept = Self.id(1, ending: "2027-01-15T07:59:57Z")
        let ended = Self.id(2, ending: "2027-01-15T07:59:56Z")
        exchange.state.usedIDs = [kept, ended]
        exchange.state.timeFloor = Exchange.now
        #expect(try exchange.judge().state.usedIDs == [kept, "0022027-01-15T09:00:00Zabcdef"])
    }

    @Test func endedIDs_MakeRoomInAFullMemory() throws {
        var exchange = Exchange(.message)
        exchange.state.usedIDs = (0..<4096).map { Self.id($0, ending: "2027-01-15T07:00:00Z") }
        #expect(try exchange.error() == .replayed, "the floor has not passed them")
        exchange.state.timeFloor = Exchange.now
        #expect(try exchange.judge().state.usedIDs == ["0022027-01-15T09:00:00Zabcdef"])
    }

    /// A clock that runs ahead for one message does not open the way for those before it.
    @Test(arguments: ["0012027-01-15T08:00:00Zabcdef", "0022027-01-15T09:00:00Zabcdef"])
    func clockThatRanAhead_LetsNothingBeReplayed(_ id: String) throws {
        let first = Exchange(.message).with(claim: "jti", .string(id))
        let state = try first.judge().state
        var ahead = Exchange(.message).with(claim: "jti", .string(Self.id(1, ending: "2029-01-15T08:00:00Z")))
            .with(claim: "exp", 1_900_000_000)
        (ahead.state, ahead.clock) = (state, 1_850_000_000)
        var back = first
        back.state = try ahead.judge().state
        #expect(back.state.usedIDs.count == 2)
        #expect(try back.error() == .replayed)
    }

    /// Form `001` says when a message was made; the end of its claims says how long its id is kept.
    @Test(arguments: [(3, true), (4, false)] as [(Int64, Bool)])
    func idThatSaysNoEnd_IsKeptUntilItsMessageEnds(_ late: Int64, _ isKept: Bool) throws {
        let first = Exchange(.message).with(claim: "jti", "0012027-01-15T08:00:00Zabcdef")
        var next = Exchange(.message).with(claim: "jti", .string(Self.id(3, ending: "2028-01-15T09:00:00Z")))
            .with(claim: "exp", 1_900_000_000)
        next.state = try first.judge().state
        next.state.timeFloor = 1_800_003_600 + late
        let state = try next.judge().state
        #expect(state.usedIDs.count == (isKept ? 2 : 1))
        #expect(state.usedUntil.count == (isKept ? 1 : 0))
        var again = first
        (again.state, again.clock) = (state, Exchange.now)
        #expect(try again.error() == (isKept ? .replayed : .expired))
    }

    /// Of an id and its claims the earlier end counts.
    @Test func idThatOutlivesItsMessage_GoesWithIt() throws {
        let id = Self.id(1, ending: "2030-01-15T08:00:00Z")
        var exchange = Exchange(.message)
        exchange.state = try exchange.with(claim: "jti", .string(id)).judge().state
        exchange.state.timeFloor = 1_800_003_604
        exchange = exchange.with(claim: "exp", 1_900_000_000)
        let next = Self.id(2, ending: "2030-01-15T08:00:00Z")
        #expect(try exchange.with(claim: "jti", .string(next)).judge().state.usedIDs == [next])
    }

    /// A state that was stored without ends.
    @Test func idWithoutAnyEnd_IsKept() throws {
        var exchange = Exchange(.message)
        exchange.state.usedIDs = ["0012020-01-15T08:00:00Zabcdef"]
        exchange.state.timeFloor = Exchange.now
        #expect(try exchange.judge().state.usedIDs.count == 2)
    }

    /// However many messages a device has had: the memory holds those that have not ended.
    @Test func idsThatSayNoEnd_DoNotFillTheMemoryForEver() throws {
        var state = AcceptanceState()
        for number in 0..<4096 {
            let id = try #require(MessageID("001" + Self.id(number).dropFirst(3)))
            state.usedIDs.append(id.text)
            state.usedUntil[id] = Exchange.now - 60
        }
        var exchange = Exchange(.message)
        exchange.state = state
        exchange.state.timeFloor = Exchange.now
        let accepted = try exchange.judge().state
        #expect(accepted.usedIDs.count == 1 && accepted.usedUntil.isEmpty)
    }

    @Test func sameReleaseOnAnotherStream_IsIndependent() throws {
        var exchange = Exchange()
        exchange.state = try exchange.judge().state
        let other = try exchange.with(claim: "stream", "app").with(claim: "seq", 1).judge()
        #expect(other.state.streams.mapValues(\.sequence) == ["os": 42, "app": 1])
    }
}
