import LinkServer
import Testing

@Suite struct LinkLimitsTests {
    @Test func linkIsIdle_AfterThreeMinutes() {
        #expect(LinkLimits().idleSeconds == 180)
    }
}
