import Testing

@testable import DeviceClient

/// How long an agent waits before it tries the tunnel proxy again.
@Suite struct TunnelPauseTests {
    @Test func firstTries_AreWithinFiveSeconds_AndNotTheSameForAll() {
        for jitter in [0, 0.5, 0.999] {
            var pause = TunnelPause()
            let three = (0..<3).map { _ in pause.next(jitter: jitter) }
            #expect(three.allSatisfy { (.milliseconds(450)...(.milliseconds(1500))).contains($0) })
            #expect(three.reduce(.zero, +) < .seconds(5))
        }
        var (one, other) = (TunnelPause(), TunnelPause())
        #expect(one.next(jitter: 0.1) != other.next(jitter: 0.2))
    }

    @Test func forMinutes_NoPauseIsLongerThanFiveSeconds() {
        var (longest, shortest) = (TunnelPause(), TunnelPause())
        let pauses = (0..<90).map { _ in longest.next(jitter: 1) }
        #expect(pauses.allSatisfy { $0 <= .seconds(5) })
        #expect((0..<90).reduce(Duration.zero) { sum, _ in sum + shortest.next(jitter: 0) } > .seconds(120))
    }

    @Test func laterTries_AreEverLess_UpToOnceAMinute() {
        var pause = TunnelPause()
        let longest = (0..<100).map { _ in pause.next(jitter: 1) }
        #expect(zip(longest, longest.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(longest.last == .seconds(60) && pause.isLong)
        var shortest = TunnelPause()
        let least = (0..<100).map { _ in shortest.next(jitter: 0) }
        #expect(zip(least, longest).allSatisfy { $0 < $1 && $0 >= .milliseconds(450) })
    }

    @Test func connectionThatWasUp_BeginsAnew() {
        var pause = TunnelPause()
        for _ in 0..<10 { _ = pause.next(jitter: 1) }
        pause.wasUp(for: .seconds(31))
        #expect(!pause.isLong && pause.next(jitter: 1) == .milliseconds(1500))
        // A hub that restarts a few times in a row is found as fast.
        for _ in 0..<3 {
            pause.wasUp(for: .seconds(1))
            #expect(pause.next(jitter: 1) == .milliseconds(1500))
        }
    }

    @Test func placeThatIsTaken_DoesNotMakeThePauseLonger() {
        var pause = TunnelPause()
        for _ in 0..<30 {
            pause.placeWasTaken()
            #expect(pause.next(jitter: 1) == .milliseconds(1500))
        }
    }

    @Test func twoAgentsOfOneDevice_DoNotTakeTurnsForEver() {
        var pause = TunnelPause()
        var last = Duration.zero
        for _ in 0..<10 {
            pause.wasUp(for: .seconds(1))
            last = pause.next(jitter: 1)
        }
        #expect(last == .seconds(60))
    }
}
