import NIOCore
import Testing

@testable import TunnelClient

/// Pieces of the device's end.
@Suite struct DeviceEndTests {
    private static func holdings(_ stretches: [(Int, Int)]) -> TunnelHoldings {
        var holdings = TunnelHoldings(TunnelPatience())
        for (start, end) in stretches {
            holdings.begin(at: .milliseconds(start))
            holdings.end(at: .milliseconds(end))
        }
        return holdings
    }

    @Test func clientThatNeverReads_HasThirtySeconds() {
        var holdings = TunnelHoldings(TunnelPatience())
        holdings.begin(at: .seconds(100))
        #expect(holdings.left(at: .seconds(100)) == .seconds(30))
        #expect(holdings.left(at: .seconds(129)) == .seconds(1))
        #expect(holdings.left(at: .seconds(130)) == nil)
    }

    @Test func dripReader_HasNoMoreThanThatInAMinute() {
        // Reads for a moment every five seconds.
        var holdings = Self.holdings((0..<6).map { ($0 * 5000, $0 * 5000 + 4900) })
        holdings.begin(at: .milliseconds(30_000))
        // 29.4 seconds are over: at least one more that counts.
        #expect(holdings.left(at: .milliseconds(30_000)) == .seconds(1))
        #expect(holdings.left(at: .milliseconds(31_000)) == nil)
    }

    @Test func stretchesOfLongAgo_CountNoMore() {
        var holdings = Self.holdings([(0, 20_000)])
        holdings.begin(at: .seconds(70))
        #expect(holdings.left(at: .seconds(70)) == .seconds(20))
        #expect(holdings.left(at: .seconds(90)) == .seconds(10))
        #expect(holdings.left(at: .seconds(100)) == nil)
    }

    @Test func slowButSteadyReader_MayTakeAsLongAsItNeeds() {
        // A quarter of the queue at a time, each in less than a second.
        var holdings = Self.holdings((0..<600).map { ($0 * 1000, $0 * 1000 + 990) })
        holdings.begin(at: .seconds(600))
        #expect(holdings.left(at: .seconds(600)) == .seconds(30))
    }

    @Test func answerInPieces_IsTaken_AndWhatStandsBehindIt() throws {
        let text =
            #"{"id":0,"params":{"slipEnabled":true,"tunnelProxyError":"TunnelProxyErrorNoError"},"status":"success"}"#
        var answer = RegistrationAnswer()
        for byte in text.utf8.dropLast() { #expect(try answer.take(ByteBuffer(bytes: [byte])) == nil) }
        #expect(try answer.take(ByteBuffer(string: "}\n\u{0}\u{1}rest")) == Array("\u{0}\u{1}rest".utf8))
    }

    @Test func answerThatIsNone_IsToldApart() throws {
        func failure(_ pieces: [String]) -> TunnelFailure? {
            var answer = RegistrationAnswer()
            do throws(TunnelFailure) {
                for piece in pieces { _ = try answer.take(ByteBuffer(string: piece)) }
                return nil
            } catch {
                return error
            }
        }
        let long = String(repeating: "x", count: 10_000)
        #expect(failure(["{"] + Array(repeating: long, count: 6)) == nil)
        #expect(failure(["{"] + Array(repeating: long, count: 7)) == .protocolBroken)
        #expect(failure(["HTTP/1.1 400 Bad Request"]) == .protocolBroken)
        #expect(failure([#"{"params":{"tunnelProxyError":"TunnelProxyErrorAlreadyRegistered"}}"#]) == .placeTaken)
        #expect(failure([#"{"error":"\#(long)"}"#]) == .refused(String(repeating: "x", count: 64)))
    }
}
