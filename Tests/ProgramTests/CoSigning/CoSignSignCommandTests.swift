import CoSigning
import Encoding
import Foundation
import PKI
import Testing

/// Releases signed on a laptop, and judged by the code of hub and device.
@Suite(.timeLimit(.minutes(5))) struct CoSignSignCommandTests {
    private let bench: CoSignBench

    init() async throws {
        bench = try await CoSignBench()
    }

    @Test func release_IsAcceptedByHubAndDevice() async throws {
        let before = Int64(Date.now.timeIntervalSince1970)
        let report = try await bench.cosign(bench.release("r.json") + ["--json"]).succeeded()
            .json(as: CoSignBench.Report.self)
        #expect(report.artifact?.name == CoSignBench.artifact && report.artifact?.format == "raw")
        #expect(report.artifact?.size == Int64(CoSignBench.content.utf8.count))
        #expect(report.artifact?.sha256 == Hex.encode(SHA256.hash(Array(CoSignBench.content.utf8))))
        #expect(report.signedBy == [bench.project] && report.iss == bench.project && report.seq == 42)

        let claims = try Claims(try bench.claims("r.json"))
        let notBefore = try #require(claims.notBefore)
        #expect(claims.id.isEnd && claims.id.time == claims.end && claims.end == notBefore + 365 * 86_400)
        #expect(notBefore >= before && notBefore <= Int64(Date.now.timeIntervalSince1970))

        let key = RegisteredKey(
            kid: try #require(KeyID(bench.project)), key: try bench.key("project", kid: bench.project).key.publicKey,
            state: .active)
        let project = Project(id: bench.project, projectKeys: [key], servers: [], policy: Project.Policy())
        #expect(try StoredRelease(bench.site.read("r.json"), project: project).release.deviceTypes == ["rpi4", "rpi5"])

        try bench.coSign("r.json", to: "signed.json", for: "device:d-1")
        let verdict = try await bench.verify("signed.json", "--device", "d-1").succeeded()
        #expect(try verdict.json(as: CoSignBench.Verdict.self).action == "install")
        #expect(try bench.site.read("signed.json").count < 2048)
    }

    @Test(arguments: [
        (["--seq", "0"], "seq"), (["--seq", "9007199254740992"], "seq"), (["--stream", "OS"], "stream"),
        (["--release-version", ""], "version"), (["--device-type", ""], "device_types"),
        (["--format", "zip"], "artifact.format"), (["--name", ""], "artifact.name"),
        (["--file", "empty.img"], "artifact.size"),
        (Array(repeating: ["--audience", "x"], count: 17).flatMap { $0 }, "aud"),
    ])
    func whatTheProtocolRefuses_IsNotSigned(options: [String], claim: String) async throws {
        try bench.site.write("empty.img", "")
        try await bench.cosign(bench.release("r.json") + options).expectRefusal("bad_claims: \(claim) ")
        #expect(!bench.site.exists("r.json"))
    }

    @Test func claimsOfAFile_KeepWhatTheySay_AndGetWhatTheyLack() async throws {
        let end = Int64(Date.now.timeIntervalSince1970) + 5000
        try bench.site.write(
            "own.json",
            """
            {"iss":"build-7","exp":\(end),"download_url":"https://example.org/ä","checksum":18446744073709551615,
             "mine":{"kept":[1.50,3735928559]}}
            """)
        try await bench.cosign(
            "sign", "--key", "project.key", "--kid", bench.project, "--claims", "own.json", "--out", "m.json"
        ).succeeded()
        let claims = try Claims(try bench.claims("m.json"))
        #expect(claims.kind == .message && claims.issuer == "build-7" && claims.end == end && claims.id.time == end)
        #expect(claims.members["checksum"] == .number("18446744073709551615"))
        #expect(claims.members["mine"]?["kept"] == .array([.number("1.50"), .number("3735928559")]))
    }

    @Test(arguments: [
        (#"{"exp":1}"#, "is over already", Int32(64)), (#"{"exp":"soon"}"#, "whole number", 64),
        (#"{"kind":"keyset"}"#, "keyset sign", 64), (#"{"kind":"other"}"#, "bad_claims: kind", 1),
        (#"{"jti":"003"}"#, "bad_claims: jti", 1), (#"{"a":1,"a":2}"#, "strict JSON", 1), ("[]", "strict JSON", 1),
        (#"{"kind":"release"}"#, "bad_claims: project", 1), (#"{"iss":"other"}"#, "another iss", 64),
    ])
    func brokenClaims_AreNotSigned(text: String, words: String, code: Int32) async throws {
        try bench.site.write("own.json", text)
        try await bench.cosign(
            "sign", "--key", "project.key", "--kid", "k", "--claims", "own.json", "--server", "s", "--out", "m.json"
        ).expectRefusal(words, code: code)
        #expect(!bench.site.exists("m.json"))
    }

    @Test func messageOver64KiB_IsNotWritten() async throws {
        func sign(_ count: Int) async throws -> ProgramResult {
            try bench.site.write("own.json", #"{"filler":"\#(String(repeating: "x", count: count))"}"#)
            return try await bench.cosign(
                "sign", "--key", "project.key", "--kid", bench.project, "--claims", "own.json", "--out", "m.json")
        }
        // Base64 makes four bytes of three.
        try await sign(49_000).expectRefusal("too_large")
        #expect(!bench.site.exists("m.json"))
        try await sign(48_000).succeeded()
    }

    @Test func server_SignsSecond_InOneCommandOrTwo() async throws {
        try await bench.makeKey("server", kid: "server-1")
        let first = try await bench.cosign(
            bench.release("one.json") + ["--server", "server-1", "--server-key", "server.key", "--json"]
        ).succeeded().json(as: CoSignBench.Report.self)
        try await bench.cosign(bench.release("two.json") + ["--server", "server-1"]).succeeded()
        let second = try await bench.cosign(
            "sign", "--message", "two.json", "--key", "server.key", "--kid", "server-1", "--json"
        ).succeeded().json(as: CoSignBench.Report.self)
        let server = try bench.key("server", kid: "server-1")
        for (file, report) in [("one.json", first), ("two.json", second)] {
            #expect(report.iss == "server-1" && report.signedBy == [bench.project, "server-1"])
            let message = try bench.message(file)
            let entry = try #require(message.entry(server.kid))
            #expect(message.isSigned(entry, by: server.key.publicKey))
            #expect(entry.header.members["sidx"]?.integer == 1)
            #expect(entry.header.members["kids"] == .array([.string(bench.project)]))
        }
        try await bench.cosign("sign", "--message", "two.json", "--key", "server.key", "--kid", "server-1")
            .expectRefusal("server-1 has signed two.json already")
    }

    @Test func messageOfADevice_GetsNoSignature_WhenItsClaimsAreBroken() async throws {
        let key = try bench.key("a", kid: "recovery-a")
        try bench.site.write("m.json", try SignedMessage(claims: .object([]), signedBy: key).encoded())
        let before = try bench.site.read("m.json")
        try await bench.cosign("sign", "--message", "m.json", "--key", "project.key", "--kid", "k")
            .expectRefusal("bad_claims")
        #expect(try bench.site.read("m.json") == before)
    }

    @Test func keyOfAnotherCurve_DoesNotSign() async throws {
        try await bench.site.shell("umask 077; openssl ecparam -name secp384r1 -genkey -noout -out p384.key")
            .succeeded()
        try await bench.cosign(bench.release("r.json") + ["--key", "p384.key"]).expectRefusal("not a P-256 key")
        #expect(!bench.site.exists("r.json"))
    }

    @Test(arguments: [
        ["--message", "m.json"], ["--claims", "c.json"], ["--message", "m.json", "--claims", "c.json", "--kid", "k"],
        ["--message", "m.json", "--seq", "1", "--kid", "k"], ["--out", "o.json"],
        ["--message", "m.json", "--kid", "k", "--server", "s"],
        ["--claims", "c.json", "--out", "o", "--server-key", "s"],
        ["--claims", "c.json", "--out", "o", "--days", "0"],
    ])
    func contradictingOptions_AreWrongUsage(options: [String]) async throws {
        try await bench.cosign(["sign", "--key", "project.key"] + options).expectWrongUsage()
    }
}
