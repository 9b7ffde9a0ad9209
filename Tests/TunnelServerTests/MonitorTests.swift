internal import Encoding
internal import JournalTestSupport
import Testing
import TunnelServer

/// The monitor's reports (docs/protocols/tunnel.md C1).
@Suite(.timeLimit(.minutes(3))) struct MonitorTests {
    @Test func report_TellsOfBothGenerations() async throws {
        try await TestTime.run { server, time in
            let first = try await server.tcp()
            try await first.send(RendezvousTests.authenticate("first", uuid: RendezvousTests.one))
            _ = try await first.line()
            let second = try await server.webSocket()
            try await second.frame(RendezvousTests.authenticate("second", uuid: RendezvousTests.two))
            for _ in 0..<2 { _ = try await second.frame() }
            _ = try await first.line()
            try await first.send("12345")
            _ = try await second.frame()
            let device = try await ProxyTests.registered(server)
            let monitor = try await TestEnd.connect(path: server.folder.path + "/monitor.sock")
            let report = try JSONValue(parsing: Array(try await monitor.line().utf8))
            #expect(report["serverName"]?.string == "my-proxy")
            #expect(report["apiVersion"]?.string == "0.3")
            let statistic = try #require(report["proxyStatistic"])
            #expect(statistic["clientCount"]?.integer == 2)
            #expect(statistic["tunnelCount"]?.integer == 1)
            #expect(statistic["total"]?["totalTraffic"]?.integer == 5)
            let clients = try #require(statistic["clients"]?.array)
            #expect(clients.map { $0["name"]?.string } == ["first", "second"])
            #expect(clients.map { $0["rxDataCount"]?.integer } == [5, 0])
            #expect(clients.map { $0["txDataCount"]?.integer } == [0, 5])
            #expect(clients.allSatisfy { $0["userName"]?.string == "dummy@example.com" })
            let tunnel = try #require(statistic["tunnels"]?.array?.first)
            #expect(tunnel["clientOne"] == clients[0]["id"] && tunnel["clientTwo"] == clients[1]["id"])
            // Another comes by itself after a second.
            try await time.advance(.seconds(1))
            #expect(try await monitor.line().contains("tunnelProxyStatistic"))
            try await monitor.send(#"{"method":"refresh"}"# + "\n")
            let empty = try JSONValue(parsing: Array(try await monitor.line().utf8))
            #expect(empty["apiVersion"]?.string == "6")
            #expect(empty["tunnelProxyStatistic"]?["serverConnectionsCount"]?.integer == 1)
            #expect(empty["tunnelProxyStatistic"]?["tunnelConnections"]?.array == [])
            try await monitor.send(#"{"method":"refresh","params":{"printAll":true}}"# + "\n")
            let all = try JSONValue(parsing: Array(try await monitor.line().utf8))
            let servers = try #require(all["tunnelProxyStatistic"]?["tunnelConnections"]?.array)
            #expect(servers.map { $0["serverUuid"]?.string } == ["aaaaaaaa-0000-4000-8000-000000000001"])
            #expect(all["tunnelProxyStatistic"]?["transports"]?["TCP"]?.integer == 1)
            try await time.advance(.seconds(5))
            try await monitor.send("{}\n")
            #expect(try await monitor.rest().isEmpty, "after a request reports come on request only")
            try await device.close()
        }
    }
}
