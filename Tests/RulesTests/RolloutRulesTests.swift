import Rules
import Testing

@Suite struct RolloutRulesTests {
    private static func problem(_ check: () throws -> Void) -> RolloutProblem? {
        do {
            try check()
            return nil
        } catch { return error as? RolloutProblem }
    }

    @Test(
        arguments: [
            ([(nil, nil)], nil), ([(10, nil), (nil, nil)], nil), ([(100, 5)], nil), ([(50, 5), (0, 5)], nil), ([], nil),
            ([(nil, nil), (10, nil)], .openPhase), ([(0, nil), (nil, nil)], .percent), ([(101, nil)], .percent),
            ([(-1, nil)], .percent), ([(60, nil), (50, nil)], .percentSum), ([(10, 9), (nil, 8)], .phaseOrder),
        ] as [([(Int?, Int64?)], RolloutProblem?)])
    func phases_FollowTheRules(rows: [(Int?, Int64?)], problem: RolloutProblem?) {
        let phases = rows.map { (percent: $0.0, startsAt: $0.1) }
        #expect(Self.problem { try RolloutRules.check(phases: phases) } == problem)
    }

    @Test func numbers_AreBounded() {
        #expect(Self.problem { try RolloutRules.check(retries: 101) } == .retries)
        #expect(Self.problem { try RolloutRules.check(retries: 100) } == nil)
        #expect(Self.problem { try RolloutRules.check(deviceLimit: 0) } == .deviceLimit)
        #expect(Self.problem { try RolloutRules.check(failurePercent: 0, afterDevices: 1) } == .percent)
        #expect(Self.problem { try RolloutRules.check(failurePercent: 1, afterDevices: 0) } == .stopAfter)
        let phases = [(percent: Int?, startsAt: Int64?)](repeating: (nil, nil), count: 101)
        #expect(Self.problem { try RolloutRules.check(phases: phases) } == .tooManyPhases)
    }

    @Test func numbersOfAStandingRollout_AreBounded() {
        #expect(Self.problem { try RolloutRules.check(concurrent: 0) } == .concurrent)
        #expect(Self.problem { try RolloutRules.check(concurrent: 1_000_000) } == nil)
        #expect(Self.problem { try RolloutRules.check(failures: 0) } == .failures)
        #expect(Self.problem { try RolloutRules.check(failures: 50) } == nil)
        #expect(Self.problem { try RolloutRules.check(failures: 51) } == .failures)
        #expect(Self.problem { try RolloutRules.check(penalty: 0) } == .penalty)
        #expect(Self.problem { try RolloutRules.check(penalty: 43_200) } == nil)
        #expect(Self.problem { try RolloutRules.check(condition: "") } == .condition)
        #expect(Self.problem { try RolloutRules.check(condition: String(repeating: "x", count: 256)) } == .condition)
        #expect(Self.problem { try RolloutRules.check(versionRequirement: "=> 1") } == .versionRequirement)
        #expect(Self.problem { try RolloutRules.check(versionRequirement: "") } == nil)
    }

    @Test(
        arguments: [
            ("5/180", 5, 180), ("1/1", 1, 1), ("50/86400", 50, 86_400), ("0/180", nil, nil), ("51/180", nil, nil),
            ("5/0", nil, nil), ("5/86401", nil, nil), ("5", nil, nil), ("5/180/1", nil, nil), ("+5/180", nil, nil),
            ("", nil, nil), ("/", nil, nil), ("5/ 180", nil, nil),
        ] as [(String, Int?, Int64?)])
    func failureRate_IsRead(text: String, amount: Int?, seconds: Int64?) {
        let rate = try? RolloutRules.failureRate(text)
        #expect(rate?.amount == amount)
        #expect(rate?.seconds == seconds)
    }

    @Test func words_AreBounded() {
        for (text, isGood) in [("", false), ("x", true), (String(repeating: "ä", count: 2048), true)] {
            #expect((Self.problem { try RolloutRules.check(name: text) } == nil) == isGood)
            #expect((Self.problem { try RolloutRules.check(release: text) } == nil) == isGood)
        }
        let long = String(repeating: "ä", count: 2048) + "x"
        #expect(Self.problem { try RolloutRules.check(name: long) } == .name)
        #expect(Self.problem { try RolloutRules.check(release: long) } == .release)
        for point in RolloutRules.holdPoints {
            #expect(Self.problem { try RolloutRules.check(holdPoint: point) } == nil)
            #expect(RolloutProblem.holdPoint.message.contains(point))
        }
        #expect(Self.problem { try RolloutRules.check(holdPoint: "Install") } == .holdPoint)
    }

    @Test(arguments: [
        ([], 120, 240, true), ([1, 7], 1320, 360, true), ([], 0, 1440, true), ([], 1440, 120, false),
        ([], 120, 120, false), ([0], 120, 240, false), ([8], 120, 240, false),
    ])
    func window_HasDaysAndTwoTimes(days: [Int], from: Int, to: Int, isGood: Bool) {
        #expect((Self.problem { try RolloutRules.check(days: days, from: from, to: to) } == nil) == isGood)
    }

    @Test(arguments: [
        ("00:00", 0), ("02:30", 150), ("24:00", 1440), ("24:01", nil), ("2:00", nil), ("02:60", nil), ("-1:00", nil),
        ("+1:00", nil), ("0200", nil), ("", nil), ("02:00:00", nil),
    ])
    func minuteOfTheDay_IsRead(text: String, minute: Int?) {
        #expect((try? RolloutRules.minute(text)) == minute)
    }

    @Test func start_IsAMoment() throws {
        #expect(try RolloutRules.start("2027-01-01T03:00:00+01:00") == RolloutRules.start("2027-01-01T02:00:00Z"))
        #expect(throws: RolloutProblem.start) { try RolloutRules.start("2027-01-01") }
    }
}
