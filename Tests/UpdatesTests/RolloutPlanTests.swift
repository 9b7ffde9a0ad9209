internal import BaseTestSupport
import Foundation
import Testing

@testable import Updates

/// How a deployment goes over its devices, without a clock or a store.
@Suite struct RolloutPlanTests {
    private static func phases(_ rows: [(Int?, Int64?)]) -> RolloutPlan {
        var plan = RolloutPlan()
        plan.phases = rows.map { .init(id: "x", percent: $0.0, startsAt: $0.1) }
        return plan
    }

    /// A plan that the rules let through.
    private static func random(_ generator: inout SeededGenerator) -> RolloutPlan {
        var rest = 100
        var start: Int64 = 0
        var rows: [(Int?, Int64?)] = []
        for _ in 0..<Int.random(in: 0...8, using: &generator) where rest > 1 {
            let percent = Int.random(in: 1..<rest, using: &generator)
            rest -= percent
            start += Int64.random(in: 0...50, using: &generator)
            rows.append((percent, Bool.random(using: &generator) ? start : nil))
        }
        rows.append((Bool.random(using: &generator) ? nil : rest, start + Int64.random(in: 0...50, using: &generator)))
        return phases(rows)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func quotas_GrowWithTimeAndNeverExceed_SizesAddUp(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let plan = Self.random(&generator)
        try plan.check()
        let devices = Int.random(in: 0...300, using: &generator)
        let sizes = plan.sizes(devices: devices)
        #expect(sizes.count == plan.phases.count)
        #expect(sizes.reduce(0, +) == devices)
        #expect(sizes.allSatisfy { $0 >= 0 })
        var before = 0
        // Thousands of expectations cost more than what they look at.
        var isRight = true
        for now in -1...500 as ClosedRange<Int64> {
            let quota = plan.quota(devices: devices, now: now) ?? devices
            isRight = isRight && quota >= before && quota <= devices
            // What has begun is what the sizes of the phases that have begun say.
            let begun = plan.phases.prefix { $0.startsAt ?? 0 <= now }.count
            isRight = isRight && quota == sizes.prefix(begun).reduce(0, +)
            before = quota
        }
        #expect(isRight)
        #expect(before == devices)
    }

    @Test func smallShare_IsOneDevice() {
        let plan = Self.phases([(1, 0), (nil, 100)])
        #expect(plan.quota(devices: 20, now: 0) == 1)
        #expect(plan.quota(devices: 0, now: 0) == 0)
        #expect(plan.quota(devices: 20, now: -1) == 0)
        #expect(plan.quota(devices: 20, now: 100) == nil)
        #expect(plan.sizes(devices: 20) == [1, 19])
    }

    @Test(
        arguments: [
            [(nil, nil), (50, nil)], [(0, nil), (nil, nil)], [(101, nil)], [(-1, nil)], [(60, nil), (50, nil)],
            [(10, 100), (nil, 99)], [(10, 100), (10, nil), (nil, 50)],
        ] as [[(Int?, Int64?)]])
    func phasesThatMakeNoSense_AreRefused(_ rows: [(Int?, Int64?)]) {
        #expect(throws: UpdatesError.self) { try Self.phases(rows).check() }
    }

    @Test func tooManyPhasesOrWindows_AreRefused() {
        #expect(throws: UpdatesError.self) {
            try Self.phases(Array(repeating: (1, nil), count: 100) + [(nil, nil)]).check()
        }
        var plan = RolloutPlan()
        plan.windows = Array(repeating: .init(days: [], from: 0, to: 60), count: 33)
        #expect(throws: UpdatesError.self) { try plan.check() }
    }

    @Test(arguments: [(0, 10, 1), (101, 10, 1), (50, 0, 1)])
    func stopRuleThatMakesNoSense_IsRefused(_ percent: Int, _ after: Int, _: Int) {
        var plan = RolloutPlan()
        plan.stopRule = .init(failurePercent: percent, afterDevices: after)
        #expect(throws: UpdatesError.self) { try plan.check() }
    }

    @Test func stopRule_StopsFromItsRateOn() {
        var plan = RolloutPlan()
        #expect(!plan.stops(finished: 10, failed: 10))
        plan.stopRule = .init(failurePercent: 20, afterDevices: 5)
        #expect(!plan.stops(finished: 4, failed: 4))
        #expect(plan.stops(finished: 5, failed: 1))
        #expect(!plan.stops(finished: 6, failed: 1))
        #expect(plan.stops(finished: 10, failed: 2))
        #expect(!plan.stops(finished: 100, failed: 0))
    }

    /// Every minute of a week against the plain reading: a window that begins on one of its days covers its length from
    /// there.
    @Test(
        arguments: [
            ([], 60, 120), ([], 1380, 60), ([1], 0, 1440), ([7], 1380, 60), ([1, 3], 1439, 1), ([5], 720, 0),
            ([], 0, 1439),
            ([2], 0, 1),
        ] as [([Int], Int, Int)])
    func window_CoversItsTime_AcrossMidnightAndTheWeek(_ days: [Int], _ from: Int, _ to: Int) throws {
        var plan = RolloutPlan()
        let window = RolloutPlan.Window(days: days, from: from, to: to)
        plan.windows = [window]
        try plan.check()
        let week = 7 * 1440
        var covered = [Bool](repeating: false, count: week)
        for day in 1...7 where days.isEmpty || days.contains(day) {
            let length = from < to ? to - from : 1440 - from + to
            for minute in 0..<length { covered[((day - 1) * 1440 + from + minute) % week] = true }
        }
        #expect((0..<week).map { window.contains(day: $0 / 1440 + 1, minute: $0 % 1440) } == covered)
    }

    @Test(
        arguments: [([0], 0, 10), ([8], 0, 10), ([], 10, 10), ([], -1, 10), ([], 1440, 10), ([], 0, 1441)]
            as [([Int], Int, Int)])
    func windowThatMakesNoSense_IsRefused(_ days: [Int], _ from: Int, _ to: Int) {
        var plan = RolloutPlan()
        plan.windows = [.init(days: days, from: from, to: to)]
        #expect(throws: UpdatesError.self) { try plan.check() }
    }

    @Test func plan_IsReadAsItWasWritten() throws {
        var plan = Self.phases([(10, 5), (nil, nil)])
        plan.retries = 3
        plan.deviceLimit = 7
        plan.isForced = true
        plan.holdPoints = HoldPoints(priority: -2, rules: [.reboot: .init(action: .pause, onExpiry: .force)])
        plan.stopRule = .init(failurePercent: 1, afterDevices: 2)
        plan.windows = [.init(days: [1], from: 2, to: 3)]
        let bytes = try JSONEncoder().encode(plan)
        #expect(try JSONDecoder().decode(RolloutPlan.self, from: bytes) == plan)
    }
}
