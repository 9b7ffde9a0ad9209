import AdminAPI
import CoSigning
import Encoding
import Foundation
import Testing

/// A publisher's folder beside a running hub: keys and an artifact of a project of its own.
struct HubBench {
    let hub: ProgramHub
    /// ID of the project.
    let project: String
    /// Name of the folder in the hub's.
    let folder: String
    static let artifact = "release.img"

    /// Makes `project.key` and an artifact. The hub does not know the project yet.
    init(_ hub: ProgramHub) async throws {
        self.hub = hub
        folder = "publisher-" + UUID().uuidString
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: hub.path(folder)), withIntermediateDirectories: false)
        try hub.write(folder + "/" + Self.artifact, "the image of \(folder)\n")
        let made = try await Self.run(
            hub, folder, ["keygen", "--project", "--out", "project.key", "--no-passphrase", "--json"])
        project = try #require(try made.succeeded().json(as: JSONValue.self)["kid"]?.string)
    }

    /// The same with a project at the hub of the suite.
    init(with options: String...) async throws {
        self = try await HubBench(try ProgramHub.current)
        try await create(options)
    }

    private static func run(_ hub: ProgramHub, _ folder: String, _ arguments: [String]) async throws -> ProgramResult {
        try await Program.run(
            Program.hubctl.path, ["cosign"] + arguments, in: hub.path(folder), environment: ["HUB_SOCKET": hub.socket])
    }

    func cosign(_ arguments: [String]) async throws -> ProgramResult {
        try await Self.run(hub, folder, arguments)
    }

    func cosign(_ arguments: String...) async throws -> ProgramResult { try await cosign(arguments) }

    /// What a command prints with `--json`.
    func json<Value: Decodable>(_ arguments: String..., as type: Value.Type = Value.self) async throws -> Value {
        try await cosign(arguments + ["--json"]).succeeded().json()
    }

    func create(_ options: [String] = []) async throws {
        try await cosign(["project", "create", project, "--project-key", "project.key.pub"] + options).succeeded()
    }

    /// The project as the hub knows it.
    func shown() async throws -> AdminProject { try await json("project", "show", project) }

    /// A key pair, `NAME.key`.
    func makeKey(_ name: String, kid: String) async throws {
        try await cosign("keygen", "--kid", kid, "--out", name + ".key", "--no-passphrase").succeeded()
    }

    /// Signs a release of the artifact with a project key.
    @discardableResult
    func sign(_ seq: Int, key: String = "project", file: String = HubBench.artifact, type: String = "rpi4") async throws
        -> String
    {
        let out = "release-\(seq).json"
        try await cosign(
            "sign", "--key", key + ".key", "--kid", key == "project" ? project : project + "#2", "--project", project,
            "--stream", "os", "--seq", "\(seq)", "--release-version", "2.\(seq)", "--device-type", type, "--file", file,
            "--out", out
        ).succeeded()
        return out
    }

    /// Brings a release to the hub.
    func release(_ seq: Int) async throws -> AdminCoSignedRelease {
        try await json("release", "add", sign(seq))
    }

    func text(_ file: String) throws -> String { try hub.text(folder + "/" + file) }
    func read(_ file: String) throws -> [UInt8] { try hub.read(folder + "/" + file) }
    func exists(_ file: String) -> Bool { hub.exists(folder + "/" + file) }
}
