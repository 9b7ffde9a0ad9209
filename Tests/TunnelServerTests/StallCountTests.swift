import Testing

@testable import TunnelServer

/// Whose slowness is forgiven.
@Suite struct StallCountTests {
    @Test func endThatTakesNothing_IsCounted() {
        var count = StallCount()
        for _ in 0..<31 { count.tick(isBlocking: true, taken: 0) }
        #expect(count.seconds == 31)
    }

    @Test func slowLine_IsForgiven() {
        var count = StallCount()
        for second in 1...1000 {
            count.tick(isBlocking: true, taken: second * 1000)
            #expect(count.seconds == 0)
        }
    }

    @Test func endThatTakesALittleNowAndThen_IsCountedToo() {
        var count = StallCount()
        for second in 1...60 { count.tick(isBlocking: true, taken: second / 12 * 1_400_000) }
        #expect(count.seconds > 30)
    }

    @Test func endThatHoldsNobodyBack_RecoversByTheSecond() {
        var count = StallCount()
        for _ in 0..<10 { count.tick(isBlocking: true, taken: 0) }
        for _ in 0..<7 { count.tick(isBlocking: false, taken: 0) }
        #expect(count.seconds == 3)
    }
}
