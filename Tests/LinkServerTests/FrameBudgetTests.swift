import Testing

@testable import LinkServer

/// What a device may send (docs/protocols/device-link.md 14).
@Suite struct FrameBudgetTests {
    @Test func burst_IsTaken_AndNoMore() {
        var budget = FrameBudget()
        for _ in 0..<200 { #expect(budget.take(bytes: 40, now: .zero) == .taken) }
        #expect(budget.take(bytes: 40, now: .zero) == .dropped)
        for _ in 0..<50 { #expect(budget.take(bytes: 40, now: .seconds(1)) == .taken) }
        #expect(budget.take(bytes: 40, now: .seconds(1)) == .dropped)
    }

    @Test func fiftyEverySecond_AreAlwaysTaken() {
        var budget = FrameBudget()
        for second in 0..<120 {
            for _ in 0..<50 { #expect(budget.take(bytes: 40, now: .seconds(second)) == .taken) }
        }
    }

    @Test func bytes_AreBoundedBesideFrames() {
        var budget = FrameBudget()
        for _ in 0..<2 { #expect(budget.take(bytes: 1 << 20, now: .zero) == .taken) }
        #expect(budget.take(bytes: 1 << 20, now: .seconds(1)) == .dropped)
        #expect(budget.take(bytes: 40, now: .seconds(1)) == .taken, "small ones still have room")
        #expect(budget.take(bytes: 1 << 20, now: .seconds(6)) == .taken)
    }

    @Test func flood_EndsTheLink_AfterTenSeconds() {
        var budget = FrameBudget()
        var verdicts: [FrameBudget.Verdict] = []
        for tenth in 0..<140 {
            for _ in 0..<20 { verdicts.append(budget.take(bytes: 40, now: .milliseconds(tenth * 100))) }
        }
        #expect(verdicts.first { $0 == .flooded } != nil)
        // 20 a tenth of a second use the burst up in 1.3 s, and ten seconds more are borne.
        #expect(verdicts.prefix(20 * 112).allSatisfy { $0 != .flooded })
    }

    @Test func deviceThatIsQuietAgain_IsNotFlooding() {
        var budget = FrameBudget()
        for _ in 0..<300 { _ = budget.take(bytes: 40, now: .zero) }
        for second in 5..<60 { #expect(budget.take(bytes: 40, now: .seconds(second)) == .taken) }
    }
}

/// The end of what a console wrote.
@Suite struct ConsoleBacklogTests {
    @Test func backlog_KeepsTheLastLines() {
        var backlog = ConsoleBacklog()
        for line in 0..<5000 { backlog.append(Array("line \(line)\n".utf8)) }
        let text = String(decoding: backlog.bytes, as: UTF8.self)
        #expect(text.hasSuffix("line 4999\n"))
        #expect(text.split(separator: "\n").count <= ConsoleBacklog.lineLimit)
        #expect(text.hasPrefix("line "))
    }

    @Test func backlog_OfOneLongLine_IsBounded() {
        var backlog = ConsoleBacklog()
        for _ in 0..<600 { backlog.append([UInt8](repeating: 0x61, count: 1024)) }
        #expect(backlog.bytes.count <= ConsoleBacklog.byteLimit)
    }

    @Test func upgrades_AreTakenUpToTheRate_ThenToldWhenToComeAgain() throws {
        let rate = UpgradeRate(perSecond: 5)
        let start = ContinuousClock.now + .seconds(60)
        for _ in 0..<5 {
            #expect(rate.refusal(now: start) == nil)
            #expect(rate.refusal(now: start) == nil, "asking takes nothing")
            rate.take(now: start)
        }
        #expect((1...10).contains(try #require(rate.refusal(now: start))))
        #expect(rate.refusal(now: start + .seconds(1)) == nil)
    }
}
