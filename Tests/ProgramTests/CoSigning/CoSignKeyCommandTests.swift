import Foundation
import PKI
import Testing

/// Keys of a publisher: made, kept, and shown.
@Suite(.timeLimit(.minutes(5))) struct CoSignKeyCommandTests {
    private struct Made: Decodable {
        var kid: String
        var encrypted: Bool
        var jwk: [String: String]
    }

    private let site: ProgramHub

    init() throws {
        site = try ProgramHub()
    }

    private func cosign(_ arguments: String..., input: String = "") async throws -> ProgramResult {
        try await Program.run(
            Program.hubctl.path, ["cosign"] + arguments, in: site.path(""), input: input)
    }

    @Test func keyOfANewProject_IsPrivate_AndNamedByIt() async throws {
        let made = try await cosign("keygen", "--project", "--out", "p.key", "--no-passphrase", "--json").succeeded()
            .json(as: Made.self)
        #expect(UUID(uuidString: made.kid) != nil && made.kid == made.kid.lowercased() && made.jwk["kid"] == made.kid)
        #expect(made.jwk["x"]?.count == 43 && made.jwk["y"]?.count == 43 && made.jwk["d"] == nil)
        #expect(try site.mode("p.key") == 0o600)
        #expect(try site.text("p.key").hasPrefix("-----BEGIN PRIVATE KEY-----"))
        let other = try await site.shell("openssl pkey -in p.key -pubout").succeeded()
        #expect(try site.text("p.key.pub") == other.output)
        let second = try await cosign("keygen", "--project", "--out", "q.key", "--no-passphrase", "--json").succeeded()
            .json(as: Made.self)
        #expect(second.kid != made.kid && second.jwk["x"] != made.jwk["x"])
    }

    @Test func encryptedKey_OpensWithItsPassphraseOnly_AlsoForOthers() async throws {
        try site.write("right", "correct horse\n")
        try site.write("wrong", "correct Horse\n")
        let made = try await cosign(
            "keygen", "--kid", "recovery-a", "--out", "a.key", "--passphrase-file", "right", "--json"
        ).succeeded().json(as: Made.self)
        #expect(made.encrypted && made.kid == "recovery-a")
        #expect(try site.text("a.key").hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        let other = try await site.shell("openssl pkey -in a.key -passin file:right -pubout").succeeded()
        #expect(try site.text("a.key.pub") == other.output)
        #expect(try await site.shell("openssl pkey -in a.key -passin file:wrong").code != 0)
        let show = ["public", "--key", "a.key", "--kid", "recovery-a", "--passphrase-file"]
        let shown = try await Program.run(Program.hubctl.path, ["cosign"] + show + ["right"], in: site.path(""))
        #expect(try shown.succeeded().json(as: [String: String].self) == made.jwk)
        try await Program.run(Program.hubctl.path, ["cosign"] + show + ["wrong"], in: site.path(""))
            .expectRefusal("the passphrase does not open a.key")
    }

    @Test(arguments: ["a.key", "a.key.pub"])
    func existingFile_Stays_UnlessForced(existing: String) async throws {
        try site.write(existing, "precious")
        let arguments = ["cosign", "keygen", "--kid", "k", "--out", "a.key", "--no-passphrase"]
        try await Program.run(Program.hubctl.path, arguments, in: site.path(""))
            .expectRefusal("\(existing) exists already")
        #expect(try site.names(in: "") == [existing] && site.text(existing) == "precious")
        try await Program.run(Program.hubctl.path, arguments + ["--force"], in: site.path("")).succeeded()
        #expect(try site.text(existing) != "precious" && site.mode("a.key") == 0o600)
        #expect(site.names(in: "") == ["a.key", "a.key.pub"])
    }

    @Test func withoutPassphraseAndTerminal_NothingIsMade() async throws {
        try await cosign("keygen", "--kid", "k", "--out", "a.key").expectRefusal("--passphrase-file", code: 64)
        try site.write("empty", "\n")
        try await cosign("keygen", "--kid", "k", "--out", "a.key", "--passphrase-file", "empty").expectRefusal("empty")
        try site.write("long", String(repeating: "p", count: 1024))
        try await cosign("keygen", "--kid", "k", "--out", "a.key", "--passphrase-file", "long")
            .expectRefusal("1 to 1023 bytes", code: 64)
        #expect(site.names(in: "") == ["empty", "long"])
    }

    @Test(arguments: [
        ["--out", "a.key"], ["--project", "--kid", "k", "--out", "a.key"], ["--kid", "k"],
        ["--kid", "k", "--out", "a.key", "--no-passphrase", "--passphrase-file", "f"],
    ])
    func contradictingOptions_AreWrongUsage(options: [String]) async throws {
        try await Program.run(Program.hubctl.path, ["cosign", "keygen"] + options, in: site.path(""))
            .expectWrongUsage()
    }

    @Test func nameOfTooManyBytes_IsRefused() async throws {
        let longest = String(repeating: "ä", count: 64)
        try await cosign("keygen", "--kid", longest, "--out", "a.key", "--no-passphrase").succeeded()
        try await cosign("keygen", "--kid", longest + "b", "--out", "b.key", "--no-passphrase")
            .expectRefusal("1 to 128 bytes", code: 64)
        #expect(!site.exists("b.key"))
    }
}
