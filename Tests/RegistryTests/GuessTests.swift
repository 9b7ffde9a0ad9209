import GRDB
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Secrets
import Store
import Testing
internal import Wire

/// How guesses at secrets are counted: by address first, in all as the second line.
@Suite struct GuessTests {
    static func requester(_ address: String) -> Requester { Requester(name: "anonymous", address: address) }

    static func secret(_ hub: TestHub, _ value: String = "123456") async throws -> OOBSecret {
        try await hub.addSecret(value, for: "d1", life: 365 * 86_400)
        return try #require(try hub.hub.issuer.claim("d1").secret)
    }

    /// Guesses plainly as often as the address is heard; answers how often that was.
    @discardableResult
    static func guess(
        _ secret: OOBSecret, from address: String, atMost limit: Int, _ hub: TestHub
    ) async throws -> Int {
        for count in 0..<limit {
            guard try hub.hub.issuer.claim("d1", from: address).gates.plain == .open else { return count }
            try await hub.hub.rooms.secrets.countWrongGuess(at: secret, by: requester(address))
        }
        return limit
    }

    static func rows(_ hub: TestHub, of deviceID: String? = nil) async throws -> Int {
        try await hub.hub.rooms.journal.store.read { db in
            let sql = "SELECT count(*) FROM guess_address WHERE ?1 IS NULL OR device_id = ?1"
            return Int(try db.first(sql, [.string(orNull: deviceID)]) { $0.integer(0) } ?? 0)
        }
    }

    @Test func oneAddress_LocksItselfOnly_HoweverLongItGoesOn() async throws {
        let hub = try await TestHub()
        let secret = try await Self.secret(hub)
        var heard = 0
        for _ in 0..<500 {
            heard += try await Self.guess(secret, from: "203.0.113.66", atMost: 100, hub)
            hub.clock.advance(by: 600)
        }
        #expect(heard >= 500, "it is heard ten times an hour")
        #expect(try hub.hub.issuer.claim("d1", from: "192.0.2.7").gates == .open)
        #expect(try await TestDevice("d1", secret: "123456").provision(at: hub).status == .approved)
    }

    /// The second line: however many addresses there are, a weak secret is guessed at no more than so often.
    @Test func manyAddresses_AreHeardNoMoreThanAFewTogether() async throws {
        let hub = try await TestHub()
        let secret = try await Self.secret(hub)
        var heard: [Int] = []
        for _ in 0..<12 {
            var inThisHour = 0
            for _ in 0..<6 {
                for number in 0..<40 {
                    inThisHour += try await Self.guess(secret, from: "203.0.113.\(number)", atMost: 10, hub)
                }
                hub.clock.advance(by: 600)
            }
            heard.append(inThisHour)
        }
        #expect(heard.dropFirst(3).allSatisfy { $0 <= 30 }, "\(heard)")
        #expect(heard.reduce(0, +) <= 500, "\(heard)")
    }

    @Test func pairingByManyAddresses_EndsAfterTwiceTwenty_UntilAnOperatorUnlocks() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        _ = try await Self.secret(hub)
        var heard = 0
        for _ in 0..<100 {
            for number in 0..<30 {
                if try await rooms.secrets.countPairingAttempt("d1", by: Self.requester("203.0.113.\(number)")) {
                    heard += 1
                }
                hub.clock.advance(by: 3601)
            }
        }
        #expect((20...40).contains(heard), "\(heard)")
        #expect(try rooms.secrets.pairingGate("d1", from: "192.0.2.7") == .locked)
        let alarm = try #require(try await rooms.journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(alarm.detail.contains("of several addresses, the last ones from 203.0.113."))
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await rooms.journal.alarms(all: false, before: nil, limit: 9).count == 1)
        try await rooms.secrets.unlock("d1", by: .hub)
        #expect(try rooms.secrets.pairingGate("d1", from: "192.0.2.7") == .open)
    }

    @Test func pairingByOneAddress_EndsAfterTwenty_ForThatAddress() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        _ = try await Self.secret(hub)
        var heard = 0
        for _ in 0..<100 {
            if try await rooms.secrets.countPairingAttempt("d1", by: Self.requester("203.0.113.66")) { heard += 1 }
            hub.clock.advance(by: 3601)
        }
        #expect(heard == 20)
        #expect(try rooms.secrets.pairingGate("d1", from: "203.0.113.66") == .locked)
        #expect(try rooms.secrets.pairingGate("d1", from: "192.0.2.7") == .open)
    }

    @Test func restart_KeepsWhatWasCounted_OfAddressesAndOfAll() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        try await { () -> Void in
            let hub = try await TestHub(folder: folder, clock: clock)
            let secret = try await Self.secret(hub)
            #expect(try await Self.guess(secret, from: "203.0.113.1", atMost: 9, hub) == 9)
            #expect(try await Self.guess(secret, from: "203.0.113.2", atMost: 9, hub) == 9)
        }()
        let hub = try await TestHub(folder: folder, clock: clock)
        let secret = try #require(try hub.hub.issuer.claim("d1").secret)
        #expect(try await Self.guess(secret, from: "203.0.113.1", atMost: 9, hub) == 1)
        #expect(try hub.hub.issuer.claim("d1", from: "192.0.2.7").gates.plain == .open)
        #expect(try await Self.guess(secret, from: "203.0.113.2", atMost: 9, hub) == 1)
        #expect(try hub.hub.issuer.claim("d1", from: "192.0.2.7").gates.plain == .backOff(seconds: 60))
    }

    @Test func lockBegunByAClockThatWasAhead_IsOver_WhenItIsRight() async throws {
        let hub = try await TestHub()
        let secret = try await Self.secret(hub)
        hub.clock.advance(by: 300 * 86_400)
        _ = try await Self.guess(secret, from: "203.0.113.66", atMost: 10, hub)
        #expect(try hub.hub.issuer.claim("d1", from: "203.0.113.66").gates.plain == .backOff(seconds: 60))
        hub.clock.advance(by: -300 * 86_400)
        #expect(try hub.hub.issuer.claim("d1", from: "203.0.113.66").gates.plain == .open)
        // What was counted stays.
        #expect(try await Self.guess(secret, from: "203.0.113.66", atMost: 99, hub) == 10)
        #expect(try hub.hub.issuer.claim("d1", from: "203.0.113.66").gates.plain == .backOff(seconds: 120))
    }

    /// What nobody hears is not written either: else whoever guesses would write without end.
    @Test func guessesWhileLocked_AreNotWritten() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("LABELTEXTLABELTEXTLABELTEXT", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        for _ in 0..<10 { #expect(try await wrong.provision(at: hub).status == .rejected) }
        for _ in 0..<10 { #expect(try await wrong.provision(at: hub).status == .waiting) }
        let counted = try await hub.hub.rooms.journal.store.read { db in
            try db.first("SELECT sum(wrong) FROM guess", []) { $0.integer(0) }
        }
        #expect(counted == 10)
    }

    @Test(arguments: [("123456", false), ("LABELTEXTLABELTEXTLABELTEXT", true)])
    func alarm_NamesTheAddress_AndSaysWhatItMeans(_ value: String, _ isStrong: Bool) async throws {
        let hub = try await TestHub()
        let secret = try await Self.secret(hub, value)
        _ = try await Self.guess(secret, from: "203.0.113.66", atMost: 10, hub)
        let alarm = try #require(try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(alarm.detail.contains("203.0.113.66"))
        #expect(alarm.detail.contains("whoever proves it is served") == isStrong)
        #expect(alarm.detail.contains("1 address locked out, others are heard") != isStrong)
        let listing = try await hub.hub.rooms.secrets.secret(listing: "d1")
        #expect(listing.lockedUntil == nil)
        #expect(listing.lockedAddresses == (isStrong ? 0 : 1))
    }

    @Test func counts_EndWithTheSecret() async throws {
        let hub = try await TestHub()
        for ending in 0..<4 {
            let secret = try await Self.secret(hub)
            _ = try await Self.guess(secret, from: "203.0.113.66", atMost: 10, hub)
            #expect(try await Self.rows(hub) == 1)
            switch ending {
            case 0: #expect(try await TestDevice("d1", secret: "123456").provision(at: hub).status == .approved)
            case 1: try await hub.hub.rooms.secrets.removeSecret(of: "d1", by: .hub)
            case 2: try await hub.addSecret("654321", for: "d1")
            default:
                hub.clock.advance(by: 366 * 86_400)
                try await hub.hub.rooms.secrets.removeExpiredSecrets()
            }
            #expect(try await Self.rows(hub) == 0, "\(ending)")
        }
    }
}
