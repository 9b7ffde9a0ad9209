import CoSigning
import Encoding
import Foundation
import Testing

/// Keys of devices are replaced.
@Suite(.timeLimit(.minutes(5))) struct KeySetCommandTests {
    private struct Report: Decodable {
        var signedBy: [String]
        var complete: Bool?
    }

    private let bench: CoSignBench

    init() async throws {
        bench = try await CoSignBench()
    }

    private func draft(_ options: String...) async throws -> ProgramResult {
        try await bench.cosign(["keyset", "draft", "--trust", "trust.json"] + options)
    }

    private func sign(_ key: String, _ options: String...) async throws -> ProgramResult {
        try await bench.cosign(
            ["keyset", "sign", "set.json", "--key", key + ".key", "--trust", "trust.json", "--json"] + options)
    }

    private func check(_ options: String...) async throws -> ProgramResult {
        try await bench.cosign(["keyset", "check", "set.json", "--trust", "trust.json", "--json"] + options)
    }

    @Test(arguments: [["project", "cosigner"], ["a", "c"]])
    func newProjectKey_TakesTwoFactorsOrRecovery(signers: [String]) async throws {
        let next = bench.project + "#2"
        try await bench.makeKey("new", kid: next)
        try await draft("--add-project", "new.key.pub", "--remove", bench.project, "--out", "set.json").succeeded()
        for signer in signers {
            let report = try await sign(signer).succeeded().json(as: Report.self)
            #expect(report.complete == false)
        }
        try await check().expectRefusal("missing_signature")
        let last = try await sign("new").succeeded().json(as: Report.self)
        #expect(last.complete == true && last.signedBy.count == 3 && last.signedBy.last == next)

        try await check("--out", "trust-2.json").succeeded()
        let trust = try TrustedKeys(try JSONValue(parsing: try bench.site.read("trust-2.json")))
        #expect(trust.version == 2 && trust.projectKeys.map(\.kid.text) == [next])
        #expect(trust.recoveryKeys.count == 3 && trust.coSignerKeys.count == 1)

        // A release of the old key is nothing for a device that has them, one of the new key is.
        try await bench.makeSignedRelease()
        let other = ["verify", "signed.json", "--trust", "trust-2.json", "--type", "rpi4", "--json"]
        try bench.expectRejection(try await bench.cosign(other), "missing_signature")
        try await bench.cosign(bench.release("release.json") + ["--key", "new.key", "--kid", next]).succeeded()
        try bench.coSign("release.json", to: "signed.json")
        try await bench.cosign(other).succeeded()
    }

    @Test func coSignerKey_IsReplacedInTwoSteps() async throws {
        try await bench.makeKey("new", kid: "project/\(bench.project)#2")
        try await draft("--add-cosigner", "new.key.pub", "--out", "set.json").succeeded()
        for signer in ["project", "cosigner", "new"] { try await sign(signer).succeeded() }
        try await check("--out", "both.json").succeeded()
        #expect(try bench.site.text("both.json").contains("project/\(bench.project)#2"))
        try await bench.cosign(
            "keyset", "draft", "--trust", "both.json", "--remove", "project/\(bench.project)", "--out", "last.json"
        ).succeeded()
        for signer in ["project", "new"] {
            try await bench.cosign("keyset", "sign", "last.json", "--key", signer + ".key", "--trust", "both.json")
                .succeeded()
        }
        let last = try await bench.cosign("keyset", "check", "last.json", "--trust", "both.json", "--json").succeeded()
        #expect(try last.json(as: JSONValue.self)["version"]?.integer == 3)
    }

    @Test func recoveryKeys_ChangeByRecoveryKeysOnly() async throws {
        try await bench.makeKey("d", kid: "recovery-d")
        try await draft(
            "--remove", "recovery-a", "--add-recovery", "recovery-d=d.key.pub", "--recovery-threshold", "1",
            "--out", "set.json"
        ).succeeded()
        for signer in ["project", "cosigner", "d", "b"] { try await sign(signer).succeeded() }
        try await check().expectRefusal("bad_keyset")
        let report = try await sign("a").succeeded().json(as: Report.self)
        #expect(report.complete == true)
    }

    @Test func streamThatRanAhead_IsSetBack() async throws {
        try await draft("--seq-reset", "os=41", "--seq-reset", "app=0", "--out", "set.json").succeeded()
        for signer in ["b", "c"] { try await sign(signer).succeeded() }
        try bench.site.write(
            "state.json", #"{"streams":{"os":{"seq":9007199254740991},"app":{"seq":7}},"time_floor":0,"jti":[]}"#)
        let verdict = try await bench.verify("set.json", "--kind", "keyset", "--state", "state.json").succeeded()
        let streams = try #require(try verdict.json(as: JSONValue.self)["state"]?["streams"])
        #expect(streams["os"]?["seq"]?.integer == 41 && streams["app"] == nil)
    }

    @Test(arguments: [
        (["--remove", "nobody"], "no key nobody", Int32(1)), (["--remove", "PROJECT"], "bad_trust", 1),
        (["--add-project", "project.key"], "private key", 1), (["--add-recovery", "a.key.pub"], "KID=a.key.pub", 64),
        (["--add-project", "a.key.pub"], "bad_trust", 1), (["--add-recovery", "recovery-a=new.key.pub"], "before", 1),
        (["--recovery-threshold", "4"], "bad_trust", 1), (["--seq-reset", "os"], "key=value", 64),
        (["--seq-reset", "OS=1"], "STREAM=SEQ", 64), (["--seq-reset", "os=-1"], "STREAM=SEQ", 64), ([], "nothing", 64),
    ])
    func whatNoDeviceWouldTake_IsNotDrafted(options: [String], words: String, code: Int32) async throws {
        try await bench.makeKey("new", kid: "new")
        let options = options.map { $0 == "PROJECT" ? bench.project : $0 }
        try await bench.cosign(["keyset", "draft", "--trust", "trust.json", "--out", "set.json"] + options)
            .expectRefusal(words, code: code)
        #expect(!bench.site.exists("set.json"))
    }

    @Test func trustStoreWithoutRecoveryKeys_CanGetNone() async throws {
        try await bench.cosign(
            "trust", "--project", bench.project, "--project-key", "project.key.pub", "--cosigner-key",
            "cosigner.key.pub", "--out", "trust.json"
        ).succeeded()
        try await draft("--add-recovery", "recovery-a=a.key.pub", "--out", "set.json").expectRefusal("no recovery keys")
    }

    @Test func dryRun_WritesNothing_AndSaysWhoMustSign() async throws {
        try await bench.makeKey("new", kid: "new")
        let before = bench.site.names(in: "")
        let result = try await draft("--add-project", "new.key.pub", "--dry-run", "--out", "set.json").succeeded()
        #expect(
            result.output.contains("each new key: \(bench.project)#2") && result.output.contains("nothing was written"))
        #expect(bench.site.names(in: "") == before)
    }

    @Test func wrongKeys_DoNotSign() async throws {
        try await bench.makeKey("stranger", kid: "stranger")
        try await draft("--seq-reset", "os=1", "--out", "set.json").succeeded()
        let before = try bench.site.read("set.json")
        try await sign("stranger").expectRefusal("the key is not in set.json")
        try await sign("stranger", "--kid", "recovery-a").expectRefusal("name of another key")
        #expect(try bench.site.read("set.json") == before)
        try await sign("a").succeeded()
        try await sign("a").expectRefusal("recovery-a has signed set.json already")
        try await bench.cosign(bench.release("release.json")).succeeded()
        try await bench.cosign("keyset", "sign", "release.json", "--key", "a.key").expectRefusal("is not a key set")
        try await bench.cosign("sign", "--message", "set.json", "--key", "b.key", "--kid", "recovery-b")
            .expectRefusal("keyset sign", code: 64)
    }
}
