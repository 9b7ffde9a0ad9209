import CoSigning
import Encoding
import Foundation
import Testing

/// The device's verification at a publisher's desk.
@Suite(.timeLimit(.minutes(10))) struct CoSignVerifyCommandTests {
    @Test func allVectors_GetTheirVerdict() async throws {
        let vectors = try CoSignVector.all.get()
        #expect(vectors.count == 122)
        let site = try ProgramHub()
        for vector in vectors {
            try site.write("message", vector.message)
            try site.write("trust", (vector.request["trust"] ?? .null).encoded())
            try site.write("state", (vector.request["state"] ?? .null).encoded())
            let result = try await Program.run(
                Program.hubctl.path,
                ["cosign", "verify", "message", "--trust", "trust", "--state", "state", "--json"] + vector.options,
                in: site.path(""))
            let verdict = try result.json(as: CoSignBench.Verdict.self)
            guard let errors = vector.errors else {
                #expect(result.code == 0 && verdict.result == "accept", "\(vector.name): \(result)")
                #expect(vector.action == nil || verdict.action == vector.action, "\(vector.name): \(result)")
                continue
            }
            #expect(result.code == 1 && verdict.result == "reject", "\(vector.name): \(result)")
            #expect(errors.contains(verdict.error ?? ""), "\(vector.name): \(result)")
        }
    }

    @Test func artifact_MustBeTheSignedOne() async throws {
        let bench = try await CoSignBench()
        try await bench.makeSignedRelease()
        try await bench.verify("signed.json", "--artifact", CoSignBench.artifact).succeeded()
        let bytes = Array(CoSignBench.content.utf8)
        for (name, content) in [
            ("truncated", Array(bytes.dropLast())), ("extended", bytes + [0]),
            ("swapped", [bytes[0] ^ 1] + bytes[1...]),
        ] {
            try bench.site.write(name, content)
            try bench.expectRejection(try await bench.verify("signed.json", "--artifact", name), "bad_artifact")
        }
    }

    @Test func stateOfADevice_CountsAsOnTheDevice() async throws {
        let bench = try await CoSignBench()
        try await bench.makeSignedRelease()
        let accepted = try await bench.verify("signed.json").succeeded().json(as: JSONValue.self)
        let state = try #require(accepted["state"])
        #expect(state["streams"]?["os"]?["seq"]?.integer == 42)
        try bench.site.write("state.json", state.encoded())
        try await bench.verify("signed.json", "--state", "state.json").succeeded()

        try await bench.cosign(bench.release("older.json", seq: "41")).succeeded()
        try bench.coSign("older.json", to: "older-signed.json")
        try bench.expectRejection(
            try await bench.verify("older-signed.json", "--state", "state.json"), "rollback")
    }

    @Test func numbersOf64Bits_AreShownWhole() async throws {
        let bench = try await CoSignBench()
        try bench.site.write("own.json", #"{"checksum":18446744073709551615,"mine":9007199254740993}"#)
        try await bench.cosign(
            "sign", "--key", "project.key", "--kid", bench.project, "--claims", "own.json", "--out", "m.json"
        ).succeeded()
        try bench.coSign("m.json", to: "m.json")
        let result = try await bench.verify("m.json", "--kind", "message").succeeded()
        #expect(result.output.contains("18446744073709551615") && result.output.contains("9007199254740993"))
    }

    @Test func textForPeople_NamesTheError_AndIsNotEscapedByNames() async throws {
        let bench = try await CoSignBench()
        try await bench.cosign(bench.release("release.json")).succeeded()
        let result = try await bench.cosign("verify", "release.json", "--trust", "trust.json", "--type", "rpi4")
        result.expectRefusal("release.json is rejected: missing_signature: no co-signer key has signed")
        #expect(result.output == "reject: missing_signature\n")
    }

    @Test(arguments: [
        ["m"], ["m", "--kind", "release"], ["m", "--type", "t", "--now", "1", "--no-clock"],
        ["m", "--kind", "other", "--type", "t"], ["m", "--type", "t", "--now", "yesterday"],
        ["m", "--kind", "message", "--artifact", "a"],
    ])
    func contradictingOptions_AreWrongUsage(options: [String]) async throws {
        try await Program.run(Program.hubctl.path, ["cosign", "verify", "--trust", "t"] + options).expectWrongUsage()
    }
}
