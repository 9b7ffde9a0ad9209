import Artifact
import Foundation
import PKI
import Testing

/// A folder in which `hubctl artifact` works. Its hub does not run: the commands need none.
struct ArtifactBench {
    /// What `hubctl artifact inspect --json` prints, as far as tests look at it.
    struct Report: Decodable {
        struct File: Decodable {
            var name: String
            var size: Int64
            var sha256: String
        }

        var name: String
        var group: String?
        var type: String?
        var provides: [String: String]
        var depends: [String: ArtifactDependency]
        var clears: [String]?
        var files: [File]
        var metaData: [String: String]?
        var scripts: [String]
        var signed: Bool
        var signedBy: String?
        var size: Int64
        var sha256: String
    }

    let site: ProgramHub
    static let greeting = "hello hub\n"

    init() throws {
        site = try ProgramHub()
        try site.write("greeting.txt", Self.greeting)
    }

    /// Runs `hubctl artifact`.
    func artifact(_ arguments: [String]) async throws -> ProgramResult {
        try await Program.run(Program.hubctl.path, ["artifact"] + arguments, in: site.path(""))
    }

    /// Runs `hubctl artifact write` for a release of one device type.
    func write(_ out: String, _ options: String...) async throws -> ProgramResult {
        try await artifact(["write", "--name", "rel-1", "--device-type", "qemu", "--out", out] + options)
    }

    func inspect(_ file: String, _ options: String...) async throws -> ProgramResult {
        try await artifact(["inspect", file] + options)
    }

    func report(_ file: String) async throws -> Report {
        try await inspect(file, "--json").succeeded().json()
    }

    func digest(_ file: String) throws -> String {
        SHA256.hash(try site.read(file)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Makes a P-256 key, `NAME.key` and `NAME.pem`.
    func makeKey(_ name: String) throws {
        let key = try PrivateKey.makeP256()
        try site.write(name + ".key", try key.pem())
        try site.write(name + ".pem", key.publicKey.pem())
    }

    /// Makes an RSA key with openssl, since the hub has none, and its public key.
    func makeRSA(_ name: String, bits: Int) async throws {
        try await site.shell(
            """
            umask 077
            openssl genrsa -traditional -out \(name).key \(bits) 2>/dev/null
            openssl pkey -in \(name).key -pubout -out \(name).pem
            """
        ).succeeded()
    }
}
