internal import Journal
internal import JournalTestSupport
import PKI
internal import Secrets
internal import SecretsTestSupport
import Store
import Testing
internal import Wire

/// How guesses at secrets are counted: by address first, in all as the second line.
@Suite struct GuessTests {
    /// The second line: however many addresses there are, a weak secret is guessed at no more than so often.
    @Test func manyAddresses_AreHeardNoMoreThanAFewTogether() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        var heard: [Int] = []
        for _ in 0..<12 {
            var inThisHour = 0
            for _ in 0..<6 {
                for number in 0..<40 {
                    inThisHour += try await rig.guess(secret, from: "203.0.113.\(number)", atMost: 10)
                }
                rig.clock.advance(by: 600)
            }
            heard.append(inThisHour)
        }
        #expect(heard.dropFirst(3).allSatisfy { $0 <= 30 }, "\(heard)")
        #expect(heard.reduce(0, +) <= 500, "\(heard)")
    }

    @Test func pairingByManyAddresses_EndsAfterTwiceTwenty_UntilAnOperatorUnlocks() async throws {
        let rig = try await SecretsRig()
        _ = try await rig.addGuessedSecret()
        var heard = 0
        for _ in 0..<100 {
            for number in 0..<30 {
                if try await rig.secrets.countPairingAttempt("d1", by: .stranger(at: "203.0.113.\(number)")) {
                    heard += 1
                }
                rig.clock.advance(by: 3601)
            }
        }
        #expect((20...40).contains(heard), "\(heard)")
        #expect(try await rig.secrets.pairingGate("d1", from: "192.0.2.7") == .locked)
        let alarm = try #require(try await rig.journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(alarm.detail.contains("of several addresses, the last ones from 203.0.113."))
        try await rig.secrets.clearEndedLocks()
        try await rig.journal.sweepAlarms()
        #expect(try await rig.journal.alarms(all: false, before: nil, limit: 9).count == 1)
        try await rig.secrets.unlock("d1", by: .hub)
        #expect(try await rig.secrets.pairingGate("d1", from: "192.0.2.7") == .open)
    }

    @Test func pairingByOneAddress_EndsAfterTwenty_ForThatAddress() async throws {
        let rig = try await SecretsRig()
        _ = try await rig.addGuessedSecret()
        var heard = 0
        for _ in 0..<100 {
            if try await rig.secrets.countPairingAttempt("d1", by: .stranger(at: "203.0.113.66")) { heard += 1 }
            rig.clock.advance(by: 3601)
        }
        #expect(heard == 20)
        #expect(try await rig.secrets.pairingGate("d1", from: "203.0.113.66") == .locked)
        #expect(try await rig.secrets.pairingGate("d1", from: "192.0.2.7") == .open)
    }

    @Test func restart_KeepsWhatWasCounted_OfAddressesAndOfAll() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        try await { () -> Void in
            let rig = try await SecretsRig(folder: folder, clock: clock)
            let secret = try await rig.addGuessedSecret()
            #expect(try await rig.guess(secret, from: "203.0.113.1", atMost: 9) == 9)
            #expect(try await rig.guess(secret, from: "203.0.113.2", atMost: 9) == 9)
        }()
        let rig = try await SecretsRig(folder: folder, clock: clock)
        let secret = try await #require(try rig.secret(of: "d1").secret)
        #expect(try await rig.guess(secret, from: "203.0.113.1", atMost: 9) == 1)
        #expect(try await rig.secret(of: "d1", from: "192.0.2.7").gates.plain == .open)
        #expect(try await rig.guess(secret, from: "203.0.113.2", atMost: 9) == 1)
        #expect(try await rig.secret(of: "d1", from: "192.0.2.7").gates.plain == .backOff(seconds: 60))
    }

    @Test func lockBegunByAClockThatWasAhead_IsOver_WhenItIsRight() async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret()
        rig.clock.advance(by: 300 * 86_400)
        _ = try await rig.guess(secret, from: "203.0.113.66", atMost: 10)
        #expect(try await rig.secret(of: "d1", from: "203.0.113.66").gates.plain == .backOff(seconds: 60))
        rig.clock.advance(by: -300 * 86_400)
        #expect(try await rig.secret(of: "d1", from: "203.0.113.66").gates.plain == .open)
        // What was counted stays.
        #expect(try await rig.guess(secret, from: "203.0.113.66", atMost: 99) == 10)
        #expect(try await rig.secret(of: "d1", from: "203.0.113.66").gates.plain == .backOff(seconds: 120))
    }

    @Test(arguments: [("123456", false), ("LABELTEXTLABELTEXTLABELTEXT", true)])
    func alarm_NamesTheAddress_AndSaysWhatItMeans(_ value: String, _ isStrong: Bool) async throws {
        let rig = try await SecretsRig()
        let secret = try await rig.addGuessedSecret(value)
        _ = try await rig.guess(secret, from: "203.0.113.66", atMost: 10)
        let alarm = try #require(try await rig.journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(alarm.detail.contains("203.0.113.66"))
        #expect(alarm.detail.contains("a device that proves it is served") == isStrong)
        #expect(alarm.detail.contains("1 address locked out, others are heard") != isStrong)
        let listing = try await rig.secrets.secret(listing: "d1")
        #expect(listing.lockedUntil == nil)
        #expect(listing.lockedAddresses == (isStrong ? 0 : 1))
    }
}
