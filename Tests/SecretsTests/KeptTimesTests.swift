internal import Journal
internal import JournalTestSupport
internal import SecretsTestSupport
import Testing
@testable import Secrets

/// What a clock that was ahead has written neither lasts for a year nor comes to life again in a year (docs/time.md).
@Suite struct KeptTimesTests {
    private static let year: Int64 = 365 * 86_400

    private static func jump(_ rig: SecretsRig, by seconds: Int64) async throws {
        rig.clock.jump(by: seconds)
        _ = try await rig.journal.lookAtClock()
    }

    @Test func lockOfASecret_IsNeverLongerThanALock() async throws {
        let rig = try await SecretsRig(clock: ManualClock(at: 1_900_000_000))
        try await rig.addSecret("123456", for: "d1", life: 2 * Self.year)
        let secret = try await #require(try rig.secret(of: "d1").secret)
        try await Self.jump(rig, by: Self.year)
        for _ in 0..<rig.secrets.locks.wrongGuesses {
            try await rig.secrets.countWrongGuess(
                at: secret, by: Requester(name: "anonymous", address: "192.0.2.1"))
        }
        let locked = try await rig.secret(of: "d1", from: "192.0.2.1").gates.plain
        #expect(locked != .open)
        try await Self.jump(rig, by: -Self.year)
        if case .backOff(let seconds) = try await rig.secret(of: "d1", from: "192.0.2.1").gates.plain {
            #expect(seconds <= rig.secrets.locks.longestLockSeconds)
        }
        rig.clock.advance(by: rig.secrets.locks.longestLockSeconds)
        #expect(try await rig.secret(of: "d1", from: "192.0.2.1").gates.plain == .open)
    }
}
