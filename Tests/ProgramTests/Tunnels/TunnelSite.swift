import AdminAPI
import Foundation
internal import Glibc
import HostilePeer
import Testing
import Transport

/// A hub with tunnels, and devices whose agents register at its proxy.
struct TunnelSite: Sendable {
    /// What `hubctl tunnel watch --json` prints, a line each.
    struct Line: Decodable {
        var change: String
        var role: String?
        var device: String?
        var user: String
        var bytesOut: Int?
    }

    /// A local port that `hubctl tunnel open` holds.
    struct Opening {
        struct Place: Decodable {
            var host: String
            var port: Int
            var isEncrypted: Bool
        }

        let program: RunningProgram
        let place: Place
    }

    /// Options of the hub.
    ///
    /// - Parameter proxy: where its proxy listens over TCP.
    static func options(proxy: String = "127.0.0.1:0") -> [String] {
        [
            "--tunnel-enabled", "true", "--listen-tunnel-tcp", "127.0.0.1:0", "--listen-tunnel-web-socket",
            "127.0.0.1:0", "--listen-proxy-tcp", proxy, "--listen-proxy-web-socket", "127.0.0.1:0",
            "--tunnel-drain-seconds", "1",
        ]
    }

    let hub: ProgramHub

    func provision(_ id: String) async throws {
        try await hub.oob("add", id, input: "LABELTEXTLABELTEXTLABELTEXT\n").succeeded()
        let file = try hub.write(id + ".secret", "LABELTEXTLABELTEXTLABELTEXT")
        try await hub.provision(id, "--secret-file", file, "--timeout", "60").succeeded()
    }

    /// Runs a device's agent, and returns when it is registered.
    func agent(_ id: String, ports: Int...) async throws -> RunningProgram {
        let agent = try RunningProgram(
            Program.agent.path,
            [
                "run", "--state", hub.path(id), "--hub", "127.0.0.1:\(try hub.port())", "--tunnel-ports",
                ports.map(String.init).joined(separator: ","),
            ])
        try await agent.wait { $0.contains("tunnel up") }
        return agent
    }

    func open(_ id: String, _ port: Int, _ options: String...) async throws -> Opening {
        let program = try RunningProgram(
            Program.hubctl.path, ["tunnel", "open", id, "\(port)", "--json"] + options, in: hub.path(""),
            environment: ["HUB_SOCKET": hub.socket])
        let line = try await program.wait(in: program.output) { $0.contains("\n") }
        return Opening(program: program, place: try JSONDecoder().decode(Opening.Place.self, from: Data(line.utf8)))
    }

    func tunnels() async throws -> [AdminTunnel] {
        try await hub.hubctl("tunnel", "list", "--json").succeeded().json()
    }

    /// IDs of the rights with which people reach a device.
    func rights(of id: String) async throws -> [String] {
        try await hub.hubctl("tunnel", "tokens", "--device", id, "--json").succeeded().json(as: [AdminTunnelToken].self)
            .filter { $0.scope == ["client"] }.map(\.id)
    }

    /// Waits for a line of those who watch.
    func wait(for watcher: RunningProgram, _ isIt: @escaping @Sendable (Line) -> Bool) async throws {
        try await watcher.wait(in: watcher.output) { Self.lines($0).contains(where: isIt) }
    }

    /// The whole lines of a text.
    static func lines(_ text: String) -> [Line] {
        text.split(separator: "\n").compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    /// Runs a web server of the device with one file, while the body is at work.
    static func serving(_ file: [UInt8], _ body: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
        try await ScriptedServer.run { peer in
            while try await peer.request() != nil { try await peer.answer(200, file) }
        } body: { server async throws in
            try await body(server.port)
        }
    }

    /// What the web server behind a local port answers.
    static func fetch(_ port: Int) async throws -> [UInt8] {
        let connection = try await HTTPConnection.connect(
            .plain(host: "127.0.0.1", port: port), tls: nil,
            limits: TransportLimits(exchange: .seconds(120), responseBody: 16 << 20))
        defer { connection.close() }
        return try await connection.send(HTTPExchangeRequest(path: "/file")).body
    }
}
