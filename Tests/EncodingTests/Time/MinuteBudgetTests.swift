import Encoding
import Testing

@Suite struct MinuteBudgetTests {
    @Test(arguments: [(0, 1, 20), (0, 2, 40), (0, 3, nil), (59, 1, nil), (39, 1, 59), (-5, 1, 15)])
    func minutes_BringTheBudgetBack_UntilItIsWhole(_ left: Int, _ minutes: Int, _ expected: Int?) {
        #expect(MinuteBudget(burst: 60, perMinute: 20).left(left, after: minutes) == expected)
    }

    @Test func count_TellsEachMinuteOnce_AndOneForAClockSetBack() {
        var count = MinuteCount()
        #expect(count.over(at: 600) == 10)
        #expect(count.over(at: 659) == nil)
        #expect(count.over(at: 659, isLast: true) == 1)
        #expect(count.over(at: 780) == 3)
        #expect(count.over(at: 60) == 1)
        #expect(count.over(at: 1_000_000) == 60)
    }
}
