import Testing

@testable import DeviceClient

/// A device's time under random changes of its clock, restarts and renewals (docs/time.md).
@Suite struct ClockPropertyTests {
    /// SplitMix64: the same seed gives the same run.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    private static let day: Int64 = 86_400
    private static let life: Int64 = 30 * day

    /// A device, its certificate and what it keeps, beside the true time.
    private struct World {
        var real: Int64 = 1_900_000_000
        var clock: ManualClock
        var keeper: TimeKeeper
        var kept = DeviceState()
        var certificate: Range<Int64>

        init() {
            let clock = ManualClock(real)
            self.clock = clock
            keeper = TimeKeeper { clock.now }
            certificate = real - 60..<real + life
        }

        mutating func restart() {
            let clock = clock
            keeper = TimeKeeper { clock.now }
            keeper.remember(kept.hubTime, kept.correction)
        }

        mutating func set(_ time: Int64) {
            clock = ManualClock(time)
            restart()
        }

        /// A renewal at a hub whose clock is right; answers whether it could be believed.
        mutating func renew() -> Bool {
            let server = real - 10 * ClockPropertyTests.day..<real + 80 * ClockPropertyTests.day
            guard server.contains(keeper.now) || keeper.mayFollow(to: real, validity: server) else { return false }
            certificate = real - 60..<real + life
            _ = keeper.learn(notBefore: certificate.lowerBound, notAfter: certificate.upperBound, hubTime: real)
            kept.hubTime = real
            kept.correction = keeper.correction
            return true
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func believedTime_IsPossibleAfterEachContact(_ seed: UInt64) throws {
        var dice = Dice(state: seed)
        var world = World()
        let isBelieved = world.renew()
        #expect(isBelieved)
        for _ in 0..<120 {
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: world.set(world.real + Int64.random(in: -6 * 366...6 * 366, using: &dice) * Self.day)
            case 1: world.set(Int64.random(in: 0...1000, using: &dice))
            case 2: world.set(world.real)
            case 3: world.restart()
            case 4:
                let isBelieved = world.renew()
                #expect(isBelieved, "a hub that has proven itself and is further than what it told last is followed")
                #expect(world.certificate.contains(world.keeper.now))
            default:
                let before = world.keeper.now
                let passed = Int64.random(in: 1...Self.day, using: &dice)
                let wasCorrected = world.keeper.correction != nil || world.clock.now < world.kept.hubTime
                world.real += passed
                world.clock.advance(.seconds(passed))
                let isCorrected = world.keeper.correction != nil || world.clock.now < world.kept.hubTime
                // Time moves on with the clock; only a clock that begins to count moves it otherwise.
                if wasCorrected == isCorrected { #expect(world.keeper.now == before + passed) }
            }
            #expect(world.keeper.now >= world.certificate.lowerBound, "never before what a hub has proven")
            let schedule = RenewalSchedule(
                notBefore: world.certificate.lowerBound, notAfter: world.certificate.upperBound, chance: 0)
            #expect(schedule.waitSeconds(now: world.keeper.now) <= Self.life / 2 + 60, "half a life at most")
            #expect((20...21_600).contains(schedule.retrySeconds(now: world.keeper.now)))
            #expect(try DeviceState(parsing: world.kept.encoded()) == world.kept)
        }
    }
}
