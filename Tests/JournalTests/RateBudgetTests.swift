import Journal
import Testing

@Suite struct RateBudgetTests {
    @Test func caller_HasSoManyAtOnce_ThenOnePerInterval() {
        let budget = RateBudget(burst: 3)
        #expect((0..<5).map { _ in budget.take("a", interval: 10, now: 1000) } == [nil, nil, nil, 10, 10])
        #expect(budget.take("a", interval: 10, now: 1009) == 1)
        #expect(budget.take("a", interval: 10, now: 1010) == nil)
        #expect(budget.take("a", interval: 10, now: 1010) == 10)
        #expect(budget.take("b", interval: 10, now: 1010) == nil, "another has a share of its own")
        #expect((0..<4).map { _ in budget.take("a", interval: 10, now: 9000) } == [nil, nil, nil, 10])
    }

    @Test func clockThatIsSetBack_LocksNobodyOut() {
        let budget = RateBudget(burst: 2)
        for _ in 0..<2 { #expect(budget.take("a", interval: 10, now: 1_000_000) == nil) }
        #expect(budget.take("a", interval: 10, now: 5000) == 10)
        #expect(budget.take("a", interval: 10, now: 5010) == nil)
    }

    @Test func namesThatLookAlike_AreTwo() {
        let budget = RateBudget(burst: 1)
        #expect(budget.take("SK-1", interval: 10, now: 0) == nil)
        #expect(budget.take("S\u{212A}-1", interval: 10, now: 0) == nil)
    }

    @Test func inventedCallers_ShareOneBudget() {
        let budget = RateBudget(burst: 1, capacity: 4)
        let waits = (0..<20).map { budget.take("\($0)", interval: 10, now: 0) }
        #expect(waits.filter { $0 == nil }.count == 5, "four callers, and the rest as one")
        #expect(budget.take("new", interval: 10, now: 100) == nil, "those whose share is back make room")
    }
}
