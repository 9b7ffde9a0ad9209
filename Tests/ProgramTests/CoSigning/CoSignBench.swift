import CoSigning
import Encoding
import Foundation
import PKI
import Testing

/// A folder in which `hubctl cosign` works: a project with its keys, a trust store, an artifact. Its hub does not run;
/// what the hub would sign is signed by the test, with the code of the hub.
struct CoSignBench {
    /// What `hubctl cosign sign --json` prints.
    struct Report: Decodable {
        struct Artifact: Decodable {
            var name: String
            var sha256: String
            var size: Int64
            var format: String?
        }

        var kind: String
        var jti: String
        var iss: String?
        var project: String?
        var seq: Int64?
        var artifact: Artifact?
        var signedBy: [String]
        var bytes: Int
    }

    /// What `hubctl cosign verify --json` prints.
    struct Verdict: Decodable {
        var result: String
        var error: String?
        var action: String?
    }

    private struct Made: Decodable { var kid: String }

    let site: ProgramHub
    /// ID of the project.
    let project: String
    static let artifact = "release.img"
    static let content = "an image of ten thousand bytes or fewer\n"

    /// Makes `project.key`, `cosigner.key`, `a.key`, `b.key`, `c.key`, their public halves, and `trust.json`.
    init() async throws {
        site = try ProgramHub()
        try site.write(Self.artifact, Self.content)
        let keygen = { [site] (arguments: [String]) in
            try await Program.run(
                Program.hubctl.path, ["cosign", "keygen", "--no-passphrase", "--json"] + arguments, in: site.path("")
            ).succeeded().json(as: Made.self).kid
        }
        project = try await keygen(["--project", "--out", "project.key"])
        _ = try await keygen(["--kid", "project/" + project, "--out", "cosigner.key"])
        for name in ["a", "b", "c"] { _ = try await keygen(["--kid", "recovery-" + name, "--out", name + ".key"]) }
        let recovery = ["a", "b", "c"].flatMap { ["--recovery-key", "recovery-\($0)=\($0).key.pub"] }
        try await cosign(
            ["trust", "--project", project, "--project-key", "project.key.pub", "--cosigner-key", "cosigner.key.pub"]
                + recovery + ["--out", "trust.json"]
        ).succeeded()
    }

    func cosign(_ arguments: [String]) async throws -> ProgramResult {
        try await Program.run(Program.hubctl.path, ["cosign"] + arguments, in: site.path(""))
    }

    func cosign(_ arguments: String...) async throws -> ProgramResult { try await cosign(arguments) }

    /// Another key, `NAME.key`.
    func makeKey(_ name: String, kid: String) async throws {
        try await cosign("keygen", "--kid", kid, "--out", name + ".key", "--no-passphrase").succeeded()
    }

    /// Arguments of a release that nothing is wrong with.
    func release(_ out: String, seq: String = "42") -> [String] {
        [
            "sign", "--key", "project.key", "--project", project, "--stream", "os", "--seq", seq,
            "--release-version", "2.4.1", "--device-type", "rpi4", "--device-type", "rpi5", "--file", Self.artifact,
            "--out", out,
        ]
    }

    func message(_ file: String) throws -> SignedMessage { try SignedMessage(parsing: try site.read(file)) }

    func claims(_ file: String) throws -> JSONValue { try Claims.decode(try message(file).payload) }

    func key(_ name: String, kid: String) throws -> SigningKey {
        SigningKey(
            kid: try #require(KeyID(kid)), key: try PrivateKey(pem: try site.text(name + ".key"), passphrase: nil))
    }

    /// Signs a release as the hub does, and writes it.
    func coSign(
        _ file: String, to out: String, for audience: String = "all", nonce: String? = nil, at now: Int64? = nil
    ) throws {
        let claims = try Claims(try claims(file))
        let signed = try CoSigner(key: try key("cosigner", kid: "project/" + project)).sign(
            try message(file), now: now ?? Int64(Date.now.timeIntervalSince1970), end: claims.end,
            lifetime: 30 * 86_400, grant: CoSigner.Grant(audience: audience, nonce: nonce))
        try site.write(out, signed.encoded())
    }

    /// A release that is co-signed for all, `signed.json`.
    func makeSignedRelease() async throws {
        try await cosign(release("release.json")).succeeded()
        try coSign("release.json", to: "signed.json")
    }

    /// Runs `verify` with the trust store, for a device of the type rpi4.
    func verify(_ file: String, _ options: String...) async throws -> ProgramResult {
        try await cosign(["verify", file, "--trust", "trust.json", "--type", "rpi4", "--json"] + options)
    }

    /// Notes an issue unless the device's verification rejects with a name of the protocol.
    func expectRejection(
        _ result: ProgramResult, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        result.expectRefusal(name, sourceLocation: sourceLocation)
        #expect(try result.json(as: Verdict.self).error == name, sourceLocation: sourceLocation)
    }
}
