import Devices
internal import Encoding
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

/// Who counts as one that guesses, and who has a row of its own.
@Suite struct GuessSourceTests {
    private static let device = "192.0.2.7"

    private static func network(_ number: Int) -> String { "2001:db8:0:\(String(number, radix: 16))::1" }

    private static func locked(_ hub: TestHub) async throws -> [String] {
        try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 9).filter { $0.kind == .secretLocked }
            .map(\.subject)
    }

    /// Rows of sources at other devices, as many as are told apart in all and some more.
    private static func fill(_ hub: TestHub, failures: Int = 1, age: Int64 = 0) async throws {
        try await hub.hub.rooms.journal.store.write { [now = hub.clock.now] db in
            try db.execute(
                sql: """
                    INSERT INTO guess_address (
                        device_id, address, guesses, locked_until, failures, next_at, has_paired, touched_at)
                    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 16999)
                        SELECT 'other-' || i, '203.0.113.1', 1, 0, ?, 0, 0, ? FROM n
                    """, arguments: [failures, now - age])
        }
    }

    /// Everything that a machine can do with many addresses, in three hours.
    private static func attack(_ secret: OOBSecret, from addresses: [String], _ hub: TestHub) async throws {
        for _ in 0..<3 {
            for address in addresses {
                try await GuessTests.guess(secret, from: address, atMost: 10, hub)
                _ = try await hub.hub.rooms.secrets.countPairingAttempt("d1", by: GuessTests.requester(address))
            }
            hub.clock.advance(by: 3601)
        }
    }

    /// A neighbour has an IPv4 address, a link-local one, and as many of its /64 as it likes.
    @Test func neighbourWithManyAddresses_IsOne() async throws {
        let hub = try await TestHub()
        let secret = try await GuessTests.secret(hub)
        let addresses = ["203.0.113.66", "fe80::66"] + (1...300).map { "2001:db8:1::\(String($0, radix: 16))" }
        var view = NetworkView()
        view.ranges = try ["203.0.113.0/24", "2001:db8:1::/64"].map { try #require(NetworkRange($0)) }
        let links = try [1, 2].map { try #require(LinkAddress(bytes: [2, 0, 0, 0, 0, $0])) }
        for address in addresses { view.links[try #require(SourceAddress(text: address))] = links[0] }
        view.links[try #require(SourceAddress(text: "2001:db8:1::abcd"))] = links[1]
        let watch = NetworkWatch { [view] in view }
        hub.hub.rooms.secrets.neighbours.ask { watch.machine(at: $0) }
        try await Self.attack(secret, from: addresses, hub)
        #expect(try await GuessTests.rows(hub) == 1)
        for elsewhere in [Self.device, "203.0.113.7", "fe80::7", "2001:db8:1::abcd"] {
            #expect(try hub.hub.issuer.claim("d1", from: elsewhere).gates == .open, "\(elsewhere)")
        }
        #expect(try await TestDevice("d1", secret: "123456").provision(at: hub).status == .approved)
    }

    @Test func addressesOfOnePrefix_AreOne() async throws {
        let hub = try await TestHub()
        let secret = try await GuessTests.secret(hub)
        try await Self.attack(secret, from: (1...300).map { "2001:db8:1::\(String($0, radix: 16))" }, hub)
        #expect(try await GuessTests.rows(hub) == 1)
        #expect(try hub.hub.issuer.claim("d1", from: Self.device).gates == .open)
        #expect(try hub.hub.issuer.claim("d1", from: "2001:db8:2::1").gates == .open)
    }

    /// A machine that has just connected stands in the kernel's table before anybody has looked.
    @Test func neighbourNobodyHasLookedFor_IsLookedForAtOnce() throws {
        var view = NetworkView()
        let address = try #require(SourceAddress(text: "2001:db8:1::9"))
        view.links[address] = LinkAddress(bytes: [2, 0, 0, 0, 0, 9])
        let watch = NetworkWatch { [view] in view }
        #expect(watch.machine(at: "2001:db8:1::9") == "link 20000000009")
        #expect(watch.machine(at: "fe80::9%eth0") == "fe80:0:0:0:0:0:0:9")
        #expect(watch.machine(at: "127.0.0.9") == watch.machine(at: "::1"))
        #expect(watch.machine(at: "2001:db8:2::9") == nil)
        #expect(watch.machine(at: "local") == nil)
    }

    @Test func sourcesBeyondSixteen_ShareOneRow() async throws {
        let hub = try await TestHub()
        let secret = try await GuessTests.secret(hub)
        for number in 0..<300 {
            try await hub.hub.rooms.secrets.countWrongGuess(
                at: secret, by: GuessTests.requester(Self.network(number)))
        }
        #expect(try await GuessTests.rows(hub) == 17, "sixteen sources, and one row for all others")
        #expect(try hub.hub.issuer.claim("d1", from: Self.device).gates.plain != .open)
    }

    @Test func strongSecret_HasOneRow_HoweverManyGuess() async throws {
        let hub = try await TestHub()
        let secret = try await GuessTests.secret(hub, "LABELTEXTLABELTEXTLABELTEXT")
        for number in 0..<300 {
            try await GuessTests.guess(secret, from: Self.network(number), atMost: 10, hub)
            hub.clock.advance(by: 60)
        }
        #expect(try await GuessTests.rows(hub) == 0)
        let rows = try await hub.hub.rooms.journal.store.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM guess")
        }
        #expect(rows == 1)
        #expect(try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 9).map(\.subject) == ["d1"])
    }

    @Test func fullTable_LetsNoSingleAddressCloseADevice() async throws {
        let hub = try await TestHub()
        let secret = try await GuessTests.secret(hub)
        try await Self.fill(hub)
        try await Self.attack(secret, from: ["203.0.113.66"], hub)
        #expect(try hub.hub.issuer.claim("d1", from: Self.device).gates == .open)
        for number in 0..<30 {
            try await hub.hub.rooms.secrets.countWrongGuess(
                at: secret, by: GuessTests.requester(Self.network(number)))
        }
        #expect(try await GuessTests.rows(hub, of: "d1") == 3, "two sources, and one row for all others")
    }

    @Test func sharedRow_IsMetOnlyWhileTheTableIsFull() async throws {
        let hub = try await TestHub()
        let secret = try await GuessTests.secret(hub)
        try await Self.fill(hub)
        for number in 0..<2 {
            try await hub.hub.rooms.secrets.countWrongGuess(
                at: secret, by: GuessTests.requester(Self.network(number)))
        }
        hub.clock.advance(by: 60)
        try await GuessTests.guess(secret, from: "203.0.113.66", atMost: 10, hub)
        #expect(try hub.hub.issuer.claim("d1", from: Self.device).gates.plain == .backOff(seconds: 60))
        try await hub.hub.rooms.journal.store.write { db in
            try db.execute(sql: "DELETE FROM guess_address WHERE device_id <> 'd1'")
        }
        #expect(try hub.hub.issuer.claim("d1", from: Self.device).gates.plain == .open)
    }

    @Test func oldRowsWithoutFailedPairings_MakeRoom() async throws {
        let hub = try await TestHub()
        let secret = try await GuessTests.secret(hub)
        try await Self.fill(hub, failures: 0, age: 86_400)
        for number in 0..<9 {
            try await hub.hub.rooms.secrets.countWrongGuess(
                at: secret, by: GuessTests.requester(Self.network(number)))
        }
        #expect(try await GuessTests.rows(hub, of: "d1") == 9)
        try await hub.hub.rooms.secrets.removeIdleGuesses()
        #expect(try await GuessTests.rows(hub) == 9)
    }

    /// What is fresh stays, and what is old goes, but not because the clock was set; a row that a clock wrote which was
    /// ahead begins when it is right. The alarm stands until the secret is used or gone.
    @Test func idleRows_Go_AndTheAlarmStays() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        var new = NewSecret(deviceID: "d1", value: Array("123456".utf8), validUntil: hub.clock.now + 365 * 86_400)
        new.pairing = .hmac
        try await rooms.devices.addSecret(new, replacing: true, by: .hub)
        let secret = try #require(try hub.hub.issuer.claim("d1").secret)
        try await GuessTests.guess(secret, from: "203.0.113.66", atMost: 10, hub)
        hub.clock.advance(by: 86_399)
        try await rooms.secrets.removeIdleGuesses()
        #expect(try await GuessTests.rows(hub) == 1)
        hub.clock.advance(by: 1)
        try await rooms.secrets.removeIdleGuesses()
        #expect(try await GuessTests.rows(hub) == 0)
        hub.clock.jump(by: 20 * 86_400)
        _ = try await rooms.journal.lookAtClock()
        try await GuessTests.guess(secret, from: "203.0.113.66", atMost: 1, hub)
        hub.clock.jump(by: 20 * 86_400)
        _ = try await rooms.journal.lookAtClock()
        try await rooms.secrets.removeIdleGuesses()
        #expect(try await GuessTests.rows(hub) == 1)
        hub.clock.jump(by: -40 * 86_400)
        _ = try await rooms.journal.lookAtClock()
        hub.clock.advance(by: 86_400)
        try await rooms.secrets.removeIdleGuesses()
        #expect(try await GuessTests.rows(hub) == 0)
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await Self.locked(hub) == ["d1"])
        try await rooms.secrets.removeSecret(of: "d1", by: .hub)
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await Self.locked(hub).isEmpty)
    }

    /// What operators see: what holds for all, and how many are locked out for themselves.
    @Test func listing_TellsOfLocksForAll_AndOfLockedAddresses() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        _ = try await GuessTests.secret(hub)
        func fail(_ address: String) async throws {
            for _ in 0..<25 {
                _ = try await rooms.secrets.countPairingAttempt("d1", by: GuessTests.requester(address))
                hub.clock.advance(by: 3601)
            }
        }
        try await fail("203.0.113.66")
        var listing = try #require(try await rooms.secrets.secrets(after: "", limit: 9).first)
        #expect(listing.lockedUntil == nil)
        #expect(listing.lockedAddresses == 1)
        let alarm = try #require(try await rooms.journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(
            alarm.detail == """
                20 failed pairings, the last ones from 203.0.113.66; 1 address locked out, others are heard; oob unlock d1
                """)
        try await fail("203.0.113.67")
        listing = try await rooms.secrets.secret(listing: "d1")
        #expect(listing.lockedUntil.map(RFC3339.text) == "9999-12-31T23:59:59Z")
        #expect(listing.lockedAddresses == 2)
        try await rooms.secrets.unlock("d1", by: .hub)
        listing = try await rooms.secrets.secret(listing: "d1")
        #expect(listing.lockedUntil == nil)
        #expect(listing.lockedAddresses == 0)
    }

    @Test func secretReplacedByAnImport_HasNoGuesses() async throws {
        let hub = try await TestHub()
        let secret = try await GuessTests.secret(hub)
        try await GuessTests.guess(secret, from: Self.device, atMost: 10, hub)
        let job = try await SecretImport(
            into: hub.hub.rooms.secrets, for: hub.hub.rooms.devices, options: ImportOptions(source: "test"),
            folder: hub.folder.path)
        try await job.feed(Array("deviceID,secret\nd1,654321\n".utf8))
        _ = try await job.finish(by: .hub)
        #expect(try await GuessTests.rows(hub) == 0)
        #expect(try hub.hub.issuer.claim("d1", from: Self.device).gates == .open)
    }
}
