import Registry
import Testing

@testable import HubDaemon

/// However often tunnels come and go, a minute has so many lines in the audit trail and no more; nothing is lost from the sums.
@Suite struct TunnelLedgerTests {
    private static func entry(_ action: String = "tunnel.close", by name: String = "ann") -> TunnelLedger.Entry {
        TunnelLedger.Entry(
            action: action, subject: "d1", requester: Requester(name: name, address: "192.0.2.1"), detail: [:],
            bytesIn: 3, bytesOut: 5)
    }

    @Test func eventsOfOneKind_ShareALineBeyondTheFirst() {
        var ledger = TunnelLedger()
        #expect(ledger.overdue(now: 600).isEmpty)
        let lines = (0..<5000).compactMap { _ in ledger.line(for: Self.entry()) }
        #expect(lines.count == TunnelLedger.linesPerMinute)
        #expect(ledger.line(for: Self.entry("tunnel.open")) != nil)
        #expect(ledger.line(for: Self.entry(by: "bob")) != nil)
        #expect(ledger.overdue(now: 659).isEmpty)
        let sums = ledger.overdue(now: 660)
        #expect(sums.map(\.action) == ["tunnel.close"])
        let left = 5000 - TunnelLedger.linesPerMinute
        #expect(
            sums.first?.detail.map { "\($0.key)=\($0.value)" } == [
                "more=\(left)", "bytesIn=\(3 * left)", "bytesOut=\(5 * left)",
            ])
        #expect(ledger.overdue(now: 720).isEmpty)
        #expect(ledger.line(for: Self.entry()) != nil)
    }

    @Test func lastMinute_IsSummedWhenTheHubStops() {
        var ledger = TunnelLedger()
        _ = ledger.overdue(now: 600)
        for _ in 0...TunnelLedger.linesPerMinute { _ = ledger.line(for: Self.entry()) }
        #expect(ledger.overdue(now: 601, isLast: true).count == 1)
    }

    @Test func inventedNames_AreToldApartUpToABound() {
        var ledger = TunnelLedger()
        _ = ledger.overdue(now: 600)
        let lines = (0..<20_000).compactMap { ledger.line(for: Self.entry(by: "u\($0)")) }
        #expect(lines.count == TunnelLedger.kindLimit + TunnelLedger.linesPerMinute)
        #expect(ledger.overdue(now: 660).map(\.requester.name) == ["many"])
    }
}
