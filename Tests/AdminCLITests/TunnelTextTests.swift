internal import AdminAPI
import Testing

@testable import AdminCLI

@Suite struct TunnelTextTests {
    private static func look(_ count: Int) -> AdminTunnels {
        let tunnels = (0..<count).map { number in
            AdminTunnel(
                id: UInt64(number + 1), role: number == 0 ? "server" : "client", service: "proxy", transport: "TCP",
                address: "192.0.2.1", name: "n\u{1B}[2J", uuid: "", user: "ann", device: "lamp-1", tokenID: nil,
                partner: nil, connectedAt: "2026-11-21T12:00:00Z", joinedAt: "2026-11-21T12:00:00Z", bytesIn: 1500,
                bytesOut: 2)
        }
        return AdminTunnels(
            tunnels: tunnels, totalConnections: count, totalTunnels: count, totalBytes: 0, bytesPerSecond: 12_345,
            refused: 0, isDraining: false)
    }

    private static func event(
        _ action: String, _ detail: [String: String], subject: String = "lamp-1"
    ) -> AdminAuditEvent {
        AdminAuditEvent(
            sequence: 5, at: "2026-11-21T12:00:00Z", requester: "ann", address: "192.0.2.1", action: action,
            subject: subject, detail: detail)
    }

    @Test(arguments: [(30, 0), (30, 100), (10, 100), (5, 100), (5, 1), (2, 9), (1, 9), (14, 6)])
    func page_FillsTheTerminalAndNoMore(rows: Int, connections: Int) {
        let lines = MonitorPage(look: Self.look(connections), time: "now").lines(rows: rows)
        #expect(lines.count == rows)
        #expect(lines.allSatisfy { !$0.contains("\n") && !$0.contains("\u{1B}") })
        if rows >= 5 {
            #expect(lines[0].contains("servers"))
            #expect(connections == 0 || lines.contains { $0.hasPrefix("TUNNEL") })
            #expect(lines[rows - 1].hasPrefix("q ends"))
        }
    }

    @Test func page_SaysHowManyAreLeftOut() {
        let lines = MonitorPage(look: Self.look(100), note: "no hub answers", time: "now").lines(rows: 10)
        #expect(lines[9] == "q ends  93 more  no hub answers")
        #expect(lines.count { $0.contains("lamp-1") } == 7)
    }

    @Test(arguments: [
        ("abc", 2, "ab"), ("abc", 9, "abc"), ("日本語", 5, "日本"), ("e\u{301}x", 1, "e\u{301}"), ("", 3, ""), ("x", 0, ""),
    ])
    func line_IsCutToColumns(line: String, columns: Int, cut: String) {
        #expect(TextWidth.cut(line, columns) == cut)
    }

    @Test func eventsOfTheTrail_BecomeLines() throws {
        let opened = try #require(
            TunnelLine(Self.event("tunnel.open", ["tunnel": "17", "role": "client", "with": "3"])))
        #expect(opened.text.hasSuffix("  opened 17 client lamp-1 by ann (192.0.2.1)"))
        #expect(opened.tunnel == 17 && opened.detail == ["with": "3"])
        let closed = try #require(
            TunnelLine(
                Self.event(
                    "tunnel.close",
                    ["tunnel": "17", "role": "client", "seconds": "4", "bytesIn": "1500", "bytesOut": "2"])))
        #expect(closed.text.hasSuffix("  closed 17 client lamp-1 by ann (192.0.2.1), 4 s, in 1.5 kB, out 2 B"))
        let sum = try #require(
            TunnelLine(Self.event("tunnel.close", ["more": "7", "bytesIn": "0", "bytesOut": "0"])))
        #expect(sum.text.contains("7 more closed lamp-1 by ann"))
        let many = try #require(
            TunnelLine(Self.event("tunnel.refuse", ["more": "900", "addresses": "44"], subject: "many")))
        #expect(many.text.hasSuffix("  900 more refused from 44 addresses") && many.device == nil)
        let refused = try #require(TunnelLine(Self.event("tunnel.refuse", ["purpose": "server", "reason": "why"])))
        #expect(refused.text.hasSuffix("refused server lamp-1 by ann (192.0.2.1), why"))
        let token = try #require(TunnelLine(Self.event("tunnel.token", ["token": "5f", "user": "bob"])))
        #expect(token.text.hasSuffix("token lamp-1 by ann (192.0.2.1), token 5f, user bob"))
        #expect(TunnelLine(Self.event("device.approve", [:])) == nil)
    }

    @Test func nameThatMovesTheCursor_IsShownPlain() throws {
        let line = try #require(TunnelLine(Self.event("tunnel.open", ["tunnel": "1"], subject: "x\u{1B}[2J\n")))
        #expect(line.text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }

    @Test func tunnelThatWasOpenAlready_IsToldOnce() throws {
        var known: Set<UInt64> = [17]
        let opened = try #require(TunnelLine(Self.event("tunnel.open", ["tunnel": "17"])))
        #expect(!TunnelFollow.isNew(opened, &known))
        #expect(TunnelFollow.isNew(opened, &known))
        let closed = try #require(TunnelLine(Self.event("tunnel.close", ["tunnel": "17"])))
        #expect(TunnelFollow.isNew(closed, &known))
    }
}
