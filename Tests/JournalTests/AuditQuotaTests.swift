internal import Journal
import Testing

/// However often something happens, a minute has so many lines in the audit trail and no more; nothing is lost from the
/// sums.
@Suite struct AuditQuotaTests {
    private static func lines(
        _ quota: inout AuditQuota, _ action: String = "tunnel.close", count: Int, at now: Int64 = 600,
        cause: AuditCause = .known, subject: (Int) -> String = { _ in "d1" },
        by requester: (Int) -> Requester = { _ in Requester(name: "ann", address: "192.0.2.1") }
    ) -> Int {
        (0..<count).count { number in
            quota.admits(
                action, subject(number), by: requester(number), ["bytesIn": 3, "bytesOut": 5], cause: cause, now: now)
        }
    }

    private static func detail(_ sum: AuditSum?) -> [String: String] {
        Dictionary(uniqueKeysWithValues: (sum?.detail ?? []).map { ($0.key, $0.value) })
    }

    @Test func eventsOfStrangers_ShareOneLine_WhateverTheirAddresses() {
        var quota = AuditQuota()
        let anybody = { (number: Int) in Requester(name: "anonymous", address: "2001:db8::\(number % 4096)") }
        #expect(Self.lines(&quota, "tunnel.refuse", count: 122_880, cause: .stranger, by: anybody) == 20)
        // Another deed has lines of its own; an installation that is switched on has many.
        #expect(Self.lines(&quota, "secret.lock", count: 5, cause: .stranger, by: anybody) == 5)
        #expect(Self.lines(&quota, "device.pending", count: 1000, cause: .newcomer, by: anybody) == 200)
        #expect(Self.lines(&quota, "device.crowded", count: 7, cause: .crowd, by: anybody) == 0)
        #expect(quota.overdue(now: 659).isEmpty)
        let sums = quota.overdue(now: 660)
        #expect(sums.map(\.action) == ["device.crowded", "device.pending", "tunnel.refuse"])
        #expect(sums.map(\.count) == [7, 800, 122_860])
        #expect(sums.map(\.shownSubject) == ["many", "many", "many"] && sums.first?.shownRequester.name == "many")
        #expect(
            Self.detail(sums.last) == [
                "more": "122860", "addresses": "1000", "bytesIn": "\(3 * 122_860)", "bytesOut": "\(5 * 122_860)",
            ])
        #expect(quota.overdue(now: 720).isEmpty)
        // A storm that lasts has two lines and a sum in a minute; after a while of quiet the first ones have lines
        // again.
        #expect(Self.lines(&quota, "tunnel.refuse", count: 900, at: 780, cause: .stranger, by: anybody) == 6)
        #expect(Self.lines(&quota, "tunnel.refuse", count: 900, at: 840, cause: .stranger, by: anybody) == 2)
        #expect(quota.overdue(now: 900).map(\.count) == [894, 898])
        #expect(Self.lines(&quota, "tunnel.refuse", count: 900, at: 1800, cause: .stranger, by: anybody) == 20)
    }

    @Test func eventsOfOneKind_ShareALineBeyondTheFirst() {
        var quota = AuditQuota()
        #expect(Self.lines(&quota, count: 5000) == AuditQuota.linesPerKind)
        #expect(Self.lines(&quota, "tunnel.open", count: 1) == 1)
        #expect(Self.lines(&quota, count: 1, by: { _ in Requester(name: "bob", address: "192.0.2.1") }) == 1)
        let sums = quota.overdue(now: 660)
        let left = 5000 - AuditQuota.linesPerKind
        #expect(sums.map(\.action) == ["tunnel.close"])
        #expect(sums.first?.shownSubject == "d1" && sums.first?.shownRequester.name == "ann")
        #expect(
            Self.detail(sums.first) == [
                "more": "\(left)", "bytesIn": "\(3 * left)", "bytesOut": "\(5 * left)",
            ])
        #expect(quota.overdue(now: 720).isEmpty)
        #expect(Self.lines(&quota, count: 1, at: 720) == 1)
    }

    @Test func manyKinds_HaveABoundTogether() {
        var quota = AuditQuota()
        let lines = Self.lines(&quota, count: 200_000, subject: { "d\($0 % 5000)" })
        #expect(lines == AuditQuota.knownLines)
        let sums = quota.overdue(now: 660)
        #expect(sums.count == AuditQuota.sumLimit + 1)
        #expect(sums.reduce(0) { $0 + $1.count } == 200_000 - lines)
    }

    @Test func whatSomebodyProved_IsNeverASum() {
        var quota = AuditQuota()
        #expect(Self.lines(&quota, count: 50_000, cause: .proven) == 50_000)
        #expect(quota.overdue(now: 660).isEmpty)
    }

    @Test func lastMinute_IsSummedWhenTheHubStops_AndUnwrittenSumsComeAgain() {
        var quota = AuditQuota()
        _ = Self.lines(&quota, count: 100, cause: .stranger)
        let sums = quota.overdue(now: 601, isLast: true)
        #expect(sums.map(\.count) == [80])
        quota.restore(sums)
        _ = Self.lines(&quota, count: 10, at: 601, cause: .stranger)
        #expect(quota.overdue(now: 660).map(\.count) == [88])
    }
}
