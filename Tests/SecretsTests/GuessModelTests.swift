internal import BaseTestSupport
internal import Journal
internal import JournalTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing

/// Guesses, pairings, right proofs and a clock that moves on, against the rules of docs/protocols/idprov.md section 7
/// and docs/protocols/secure-pairing.md section 7 as a plain model.
@Suite struct GuessModelTests {
    /// Pauses as seconds from now: 0 is open.
    private static let locked = Int64.max

    private struct Count {
        var guesses = 0, failures = 0
        var lockedUntil: Int64 = 0, nextAt: Int64 = 0
        var hasPaired = false

        func pairing(_ now: Int64) -> Int64 { failures >= 20 ? GuessModelTests.locked : max(0, nextAt - now) }
        func plain(_ now: Int64) -> Int64 { max(max(0, lockedUntil - now), hasPaired ? pairing(now) : 0) }
    }

    private struct Model {
        var sources: [String: Count] = [:]
        var others = Count()
        var now: Int64

        /// A pause that doubles with each time, up to an hour.
        private static func pause(_ times: Int, first: Int64) -> Int64 {
            (1..<times).reduce(first) { pause, _ in min(3600, 2 * pause) }
        }

        func plain(_ source: String) -> Int64 { max((sources[source] ?? Count()).plain(now), others.plain(now)) }
        func pairing(_ source: String) -> Int64 { max((sources[source] ?? Count()).pairing(now), others.pairing(now)) }

        mutating func guess(_ source: String) {
            var own = sources[source] ?? Count()
            own.guesses += 1
            if own.guesses.isMultiple(of: 10) { own.lockedUntil = now + Self.pause(own.guesses / 10, first: 60) }
            if own.pairing(now) == 0 { fail(&own) }
            sources[source] = own
            countOthers()
        }

        mutating func pair(_ source: String) -> Bool {
            guard pairing(source) == 0 else { return false }
            var own = sources[source] ?? Count()
            own.hasPaired = true
            fail(&own)
            sources[source] = own
            others.hasPaired = true
            countOthers()
            return true
        }

        private func fail(_ count: inout Count) {
            count.failures += 1
            count.nextAt = now + Self.pause(count.failures, first: 1)
        }

        /// All but the one that guessed most.
        private mutating func countOthers() {
            func without(_ largest: KeyPath<Count, Int>) -> Int {
                sources.values.map { $0[keyPath: largest] }.sorted().dropLast().reduce(0, +)
            }
            let (guesses, failures) = (without(\.guesses), without(\.failures))
            if guesses / 10 > others.guesses / 10 { others.lockedUntil = now + Self.pause(guesses / 10, first: 60) }
            if failures > others.failures {
                others.nextAt = now + Self.pause(failures, first: 1)
                others.failures = failures
            }
            others.guesses = guesses
        }
    }

    private static let sources = ["192.0.2.1", "192.0.2.2", "203.0.113.7", "fe80::1"]
    /// Never guesses.
    private static let bystander = "198.51.100.9"

    private static func seconds(_ gate: GuessGate) -> Int64 {
        switch gate {
        case .open: 0
        case .backOff(let seconds): seconds
        case .locked: locked
        }
    }

    private static func step(
        _ rig: SecretsRig, _ secret: inout OOBSecret, _ model: inout Model, _ random: inout SeededGenerator
    ) async throws {
        let source = random.pick(sources)
        switch Int.random(in: 0..<40, using: &random) {
        case 0..<20:
            try await rig.secrets.countWrongGuess(at: secret, by: .stranger(at: source))
            model.guess(source)
        case 20..<30:
            let isHeard = try await rig.secrets.countPairingAttempt("d1", by: .stranger(at: source))
            #expect(isHeard == model.pair(source))
        case 30 where model.sources.isEmpty:
            await #expect(throws: SecretsError.unknownSecret("d1")) {
                try await rig.secrets.unlock("d1", by: .hub)
            }
        case 30:
            try await rig.secrets.unlock("d1", by: .hub)
            model = Model(now: model.now)
        case 31:
            let isUsed = try await rig.use(secret, from: source)
            #expect(isUsed == (model.plain(source) == 0))
            guard isUsed else { return }
            secret = try await rig.addGuessedSecret()
            model = Model(now: model.now)
        default:
            let pause = random.pick([1, 5, 61, 700, 3600]) as Int64
            rig.clock.advance(by: pause)
            model.now += pause
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whateverIsTried_EachSourceHearsWhatTheModelSays(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let rig = try await SecretsRig(clock: ManualClock(at: 1_900_000_000))
        var secret = try await rig.addGuessedSecret()
        var model = Model(now: rig.clock.now)
        for step in 0..<250 {
            try await Self.step(rig, &secret, &model, &random)
            for source in Self.sources + [Self.bystander] {
                let gates = try await rig.secret(of: "d1", from: source).gates
                try #require(Self.seconds(gates.plain) == model.plain(source), "step \(step), \(source)")
                try #require(Self.seconds(gates.pairing) == model.pairing(source), "step \(step), \(source)")
            }
        }
    }

    /// Every tenth guess is a lock that doubles: the trail has a line for each, the alarm counts them.
    @Test func locksOfOneSource_DoubleUpToAnHour_EachWithALine() async throws {
        let rig = try await SecretsRig(clock: ManualClock(at: 1_900_000_000))
        let secret = try await rig.addGuessedSecret()
        var pauses: [Int64] = []
        for _ in 0..<8 {
            try await rig.guess(secret, from: "192.0.2.1", atMost: 10)
            let pause = Self.seconds(try await rig.secret(of: "d1", from: "192.0.2.1").gates.plain)
            pauses.append(pause)
            rig.clock.advance(by: pause - 1)
            #expect(try await rig.secret(of: "d1", from: "192.0.2.1").gates.plain == .backOff(seconds: 1))
            rig.clock.advance(by: 1)
            #expect(try await rig.secret(of: "d1", from: "192.0.2.1").gates.plain == .open)
        }
        #expect(pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600])
        let lines = try await rig.journal.auditEvents(before: nil, subject: "d1", limit: 99)
        let told = lines.filter { $0.action == "secret.lock" }.map(\.detail)
        #expect(told.filter { $0.contains("\"seconds\"") } == pauses.reversed().map { #"{"seconds":"\#($0)"}"# })
    }

    /// What is kept out of a strong secret's way is the flood, not the device.
    @Test func strongSecret_IsHeardTenTimesAtOnce_ThenOnceInFiveSeconds() async throws {
        let rig = try await SecretsRig()
        func heard(_ count: Int, _ deviceID: String = "d1", from address: String = "192.0.2.1") -> Int {
            (0..<count).count { _ in rig.secrets.hearsWhileLocked(deviceID, from: address) }
        }
        #expect(heard(30) == 10)
        #expect(heard(30, "d2") == 10, "another device is asked for by itself")
        #expect(heard(30, from: "192.0.2.2") == 10, "another source has a share of its own")
        rig.clock.advance(by: 4)
        #expect(heard(1) == 0)
        rig.clock.advance(by: 1)
        #expect(heard(9) == 1)
        rig.clock.jump(by: 86_400)
        #expect(heard(9) == 0, "a clock that is set gives nothing away")
    }
}
