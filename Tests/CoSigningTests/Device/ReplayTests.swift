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

    /// An id goes when a message with it would be expired, not a second earlier.
    @Test func endedIDs_MakeRoom() throws {
        var exchange = Exchange(.message)
        let kept = Self.id(1, ending: "2027-01-15T07:59:57Z")
        let ended = Self.id(2, ending: "2027-01-15T07:59:56Z")
        exchange.state.usedIDs = [kept, ended]
        #expect(try exchange.judge().state.usedIDs == [kept, "0022027-01-15T09:00:00Zabcdef"])
        // Without a clock the floor is what is known.
        exchange.clock = 0
        #expect(try exchange.with(claim: "nbf", 0).judge().state.usedIDs.count == 3)
        exchange.state.timeFloor = Exchange.now
        #expect(try exchange.judge().state.usedIDs.count == 2)
    }

    @Test func endedIDs_MakeRoomInAFullMemory() throws {
        var exchange = Exchange(.message)
        exchange.state.usedIDs = (0..<4096).map { Self.id($0, ending: "2027-01-15T07:00:00Z") }
        #expect(try exchange.judge().state.usedIDs == ["0022027-01-15T09:00:00Zabcdef"])
    }

    /// Form `001` says when a message was made, not when it ends.
    @Test func idThatSaysNoEnd_IsKept() throws {
        var exchange = Exchange(.message).with(claim: "jti", "0012027-01-15T08:00:00Zabcdef")
        exchange.state = try exchange.judge().state
        exchange.clock = Exchange.now + 3600
        #expect(try exchange.error() == .replayed)
        #expect(try exchange.with(claim: "jti", .string(Self.id(3))).judge().state.usedIDs.count == 2)
    }

    @Test func sameReleaseOnAnotherStream_IsIndependent() throws {
        var exchange = Exchange()
        exchange.state = try exchange.judge().state
        let other = try exchange.with(claim: "stream", "app").with(claim: "seq", 1).judge()
        #expect(other.state.streams.mapValues(\.sequence) == ["os": 42, "app": 1])
    }
}
