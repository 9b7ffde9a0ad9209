internal import JournalTestSupport
internal import Rooms
internal import SecretsTestSupport
import Synchronization
import Testing
import TunnelServer
import Wire

/// A device that comes again while its former connection still stands, and what visitors may not take from it.
@Suite(.timeLimit(.minutes(3))) struct TakeoverTests {
    /// A token is the device's ID; clients need none.
    private final class Gate: TunnelGate {
        private let names = Mutex<[String]>([])

        var told: [String] { names.withLock { $0 } }

        func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
            let device: String? = if case .client(_, let device) = request.purpose { device } else { request.token }
            answer(.admitted(TunnelPass(realm: "test", userName: "u", deviceID: device)))
        }

        func registered(_ uuid: TunnelUUID, _ pass: TunnelPass) {
            names.withLock { $0.append("registered \(pass.deviceID ?? "")") }
        }

        func left(_ uuid: TunnelUUID, _ pass: TunnelPass) {
            names.withLock { $0.append("left \(pass.deviceID ?? "")") }
        }
    }

    private static let registered =
        #"{"id":0,"params":{"slipEnabled":true,"tunnelProxyError":"TunnelProxyErrorNoError"},"status":"success"}"#
        + "\n"
    private static let taken =
        #"{"id":0,"params":{"slipEnabled":false,"tunnelProxyError":"TunnelProxyErrorAlreadyRegistered"},"status":"success"}"#
        + "\n"

    private static func register(_ server: TestServer, as device: String) async throws -> (TestEnd, String) {
        let end = try await server.tcp(.proxy)
        try await end.send(
            #"{"id":0,"method":"TunnelProxy.RegisterServerWithToken","params":{"serverName":"s","serverUuid":"\#(ProxyTests.serverUUID)","token":"\#(device)"}}"#
                + "\n")
        return (end, try await end.line())
    }

    @Test func deviceThatComesAgain_TakesItsPlace() async throws {
        let gate = Gate()
        try await TestServer.run(gate: gate) { server in
            let (former, answer) = try await Self.register(server, as: "d1")
            #expect(answer == Self.registered)
            let client = try await server.tcp(.proxy)
            try await client.send(ProxyTests.registerClient(1))
            #expect(try await client.line() == ProxyTests.ok)
            let (device, again) = try await Self.register(server, as: "d1")
            #expect(again == Self.registered)
            #expect(try await client.rest().isEmpty)
            _ = try await former.rest()
            #expect(gate.told == ["registered d1", "left d1", "registered d1"])
            // The place is whole: clients come and are counted from one again.
            let next = try await server.tcp(.proxy)
            try await next.send(ProxyTests.registerClient(1))
            #expect(try await next.line() == ProxyTests.ok)
            var frames = Frames(device)
            #expect(try await frames.next().text == ProxyTests.connected(1, 1, 1))
            let servers = try await server.server.records().filter { $0.role == .server }
            #expect(servers.count == 1)
        }
        #expect(gate.told.last == "left d1")
    }

    @Test func otherDevice_DoesNot() async throws {
        let gate = Gate()
        try await TestServer.run(gate: gate) { server in
            let (device, _) = try await Self.register(server, as: "d1")
            let (other, answer) = try await Self.register(server, as: "d2")
            #expect(answer == Self.taken)
            #expect(try await other.rest().isEmpty)
            #expect(gate.told == ["registered d1"])
            try await device.send(
                SLIP.frame(
                    address: 0, Array(#"{"id":1,"method":"TunnelProxy.Ping","params":{"timestamp":1}}"#.utf8)))
            var frames = Frames(device)
            #expect(try await frames.next().text.contains("success"))
        }
    }

    @Test func visitors_DoNotTakeTheServersSlot() async throws {
        try await TestServer.run(gate: Gate(), change: { $0.limits.perDevice = 1 }) { server in
            let (_, answer) = try await Self.register(server, as: "d1")
            #expect(answer == Self.registered)
            let visitor = try await server.tcp(.proxy)
            try await visitor.send(ProxyTests.registerClient(1))
            #expect(try await visitor.line() == ProxyTests.ok)
            let more = try await server.tcp(.proxy)
            try await more.send(ProxyTests.registerClient(2))
            #expect(try await more.line().contains("InternalServerError"))
            let uuid = try #require(TunnelUUID(ProxyTests.serverUUID))
            #expect(try await server.server.hasServer(uuid))
        }
    }

    @Test func longNames_AreShownShortened() async throws {
        try await TestServer.run { server in
            let name = String(repeating: "e\u{301}", count: 3000)
            let end = try await server.tcp()
            try await end.send(RendezvousTests.authenticate(name, uuid: String(repeating: "u", count: 5000)))
            _ = try await end.line()
            let record = try #require(try await server.server.records().first)
            #expect(record.name.unicodeScalars.count == 64 && record.uuid.utf8.count == 64)
            let monitor = try await TestEnd.connect(path: server.folder.path + "/monitor.sock")
            let report = try await monitor.line()
            #expect(report.utf8.count < 2000 && report.contains(String(repeating: "u", count: 64) + "\""))
        }
    }
}
