import Foundation
internal import Glibc
import JournalTestSupport
internal import Synchronization
import Testing

/// A hub that runs as its program, on free ports of 127.0.0.1 and a state folder of its own, and the programs that
/// use it.
final class ProgramHub: Sendable {
    /// What `STATE/run/addresses.json` says of a listener.
    struct Address: Decodable, Sendable {
        var host: String?
        var port: Int?
        var path: String?
    }

    private struct Run {
        var program: RunningProgram?
        var addresses: [String: Address] = [:]
        /// What former runs wrote.
        var log = ""
    }

    /// Its state folder, and whatever else tests put there.
    let folder: TemporaryFolder
    /// The state folder.
    let state: String
    private let run = Mutex(Run())

    /// - Parameters:
    ///   - folder: one of another hub that is to come up again.
    ///   - name: the state folder's name in it.
    init(in folder: TemporaryFolder? = nil, state name: String = "state") throws {
        self.folder = try folder ?? TemporaryFolder()
        state = self.folder.path + "/" + name
    }

    deinit {
        // Before its folder goes.
        process?.kill()
    }

    /// Starts the hub, and returns when it is ready.
    ///
    /// - Parameters:
    ///   - environment: variables for the hub alone.
    func start(_ options: [String] = [], environment: [String: String] = [:]) async throws {
        let program = try RunningProgram(
            Program.hubd.path, ["--state", state] + options,
            environment: Self.environment.merging(environment) { $1 })
        run.withLock { run in
            run.log += run.program?.said ?? ""
            run.program = program
        }
        try await program.wait { $0.contains("hub ready") }
        let addresses = try JSONDecoder().decode(
            [String: Address].self, from: try Data(contentsOf: URL(fileURLWithPath: state + "/run/addresses.json")))
        run.withLock { $0.addresses = addresses }
    }

    /// Sends a signal, and returns when the hub has ended.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async throws -> Int32 {
        guard let program = run.withLock({ $0.program }) else { return 0 }
        program.signal(signal)
        return try await program.end().code
    }

    /// What all hubs of the tests are started with.
    static let environment = [
        "HUB_LISTEN_HTTPS": "127.0.0.1:0", "HUB_LISTEN_PKI": "127.0.0.1:0", "HUB_DISCOVERY_ENABLED": "false",
        "HUB_TUNNEL_ENABLED": "false",
    ]

    /// The hub's log, from its first start.
    var log: String {
        run.withLock { $0.log + ($0.program?.said ?? "") }
    }

    var process: RunningProgram? { run.withLock { $0.program } }

    var socket: String { state + "/run/admin.sock" }

    /// Port of a listener: `https`, `pki`.
    func port(_ listener: String = "https") throws -> Int {
        try #require(run.withLock { $0.addresses[listener]?.port })
    }
}

extension ProgramHub {
    /// What clients of this hub find it by.
    private var clients: [String: String] { ["HUB_SOCKET": socket] }

    func hubctl(_ arguments: String..., input: String = "") async throws -> ProgramResult {
        try await Program.run(
            Program.hubctl.path, arguments, in: folder.path, environment: clients, input: input)
    }

    func oob(_ arguments: String..., input: String = "") async throws -> ProgramResult {
        try await Program.run(Program.oob.path, arguments, in: folder.path, environment: clients, input: input)
    }

    /// Starts `hubctl` and leaves it running.
    func running(_ arguments: String...) throws -> RunningProgram {
        try RunningProgram(Program.hubctl.path, arguments, in: folder.path, environment: clients)
    }

    /// Starts a command of `hubctl` on a terminal of its own.
    ///
    /// - Parameter typing: what a person types there.
    func onATerminal(_ command: String, typing: String = "") throws -> RunningProgram {
        try RunningProgram(
            "/usr/bin/script", ["-qec", Program.hubctl.path + " " + command, "/dev/null"], in: folder.path,
            environment: clients, input: typing)
    }

    /// Runs commands of a shell, as a document has them.
    func shell(_ commands: String, _ environment: [String: String] = [:], in subfolder: String = "") async throws
        -> ProgramResult
    {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try await Program.run(
            "/bin/bash", ["-euo", "pipefail", "-c", commands], in: folder.path + "/" + subfolder,
            environment: clients.merging(["PATH": Program.folder + ":" + path]) { $1 }.merging(environment) { $1 })
    }

    func agent(_ arguments: String...) async throws -> ProgramResult {
        try await Program.run(Program.agent.path, arguments, in: folder.path)
    }

    /// Runs `hub-agent provision`; the device's state is in a folder of its ID.
    func provision(_ id: String, _ options: String...) async throws -> ProgramResult {
        try await Program.run(Program.agent.path, try provisioning(id) + options, in: folder.path)
    }

    /// Starts `hub-agent provision` and leaves it running.
    func provisioning(_ id: String, _ options: String...) throws -> RunningProgram {
        try RunningProgram(Program.agent.path, try provisioning(id) + options, in: folder.path)
    }

    /// A device without a secret that has asked, and waits for the operator.
    func waitingDevice(_ id: String) async throws {
        let agent = try provisioning(id, "--trust-on-first-use")
        try await agent.wait { $0.contains("waits for the operator") }
    }

    private func provisioning(_ id: String) throws -> [String] {
        ["provision", "--id", id, "--state", folder.path + "/" + id, "--hub", "127.0.0.1:\(try port())"]
    }
}
