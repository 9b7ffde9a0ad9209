import Foundation
import JournalTestSupport
import Testing

/// The test tool whose interface is that of the shared vectors: `conformance cosign-test verify|hub|serve`.
@Suite(.timeLimit(.minutes(10))) struct CosignToolTests {
    private struct UnreadableVectors: Error {
        let file: String
    }

    /// The cases of a file in Tests/CoSigningTests/Vectors.
    private static func cases(_ file: String) throws -> [[String: Any]] {
        let url = URL(fileURLWithPath: Program.root + "/Tests/CoSigningTests/Vectors/\(file).json")
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
        guard let cases = document?["cases"] as? [[String: Any]] else { throw UnreadableVectors(file: file) }
        return cases
    }

    private func run(_ mode: String, _ request: Any) async throws -> ProgramResult {
        try await run(mode, text: JSONSerialization.data(withJSONObject: request))
    }

    private func run(_ mode: String, text: Data) async throws -> ProgramResult {
        let folder = try TemporaryFolder()
        let file = URL(fileURLWithPath: folder.path + "/request.json")
        try text.write(to: file)
        return try await Program.run(Program.conformance.path, ["cosign-test", mode, file.path])
    }

    /// Exactly one object, with the end of its line and nothing else.
    private func answer(_ result: ProgramResult) throws -> [String: Any] {
        #expect(result.lines.count == 1 && result.output.hasSuffix("}\n") && result.output.hasPrefix("{"), "\(result)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any], "\(result)")
    }

    @Test(arguments: [
        ("verify-accept", 14), ("verify-audience", 7), ("verify-claims", 15), ("verify-encoding", 16),
        ("verify-keyset", 10), ("verify-rollback", 9), ("verify-signature", 29), ("verify-time", 22), ("hub", 13),
    ])
    func sharedVectors_EndAsTheyAreToEnd(file: String, count: Int) async throws {
        let cases = try Self.cases(file)
        #expect(cases.count == count)
        let isHub = file == "hub"
        for vector in cases {
            let name = try #require(vector["name"] as? String)
            let result = try await run(isHub ? "hub" : "verify", try #require(vector["request"]))
            let answer = try answer(result)
            if let errors = vector["expect"] as? [String] {
                #expect(result.code == 2, "\(name): \(result)")
                #expect(answer["result"] as? String == (isHub ? "refused" : "reject"), "\(name)")
                #expect(errors.contains(try #require(answer["error"] as? String)), "\(name): \(result)")
                #expect((answer["status"] is Int) == isHub, "\(name)")
            } else {
                #expect(result.code == 0, "\(name): \(result)")
                #expect(answer["result"] as? String == (isHub ? "ok" : "accept"), "\(name)")
            }
        }
    }

    @Test(arguments: ["verify", "hub", "serve"])
    func fileThatIsNoRequest_EndsOtherwise_WithoutAnAnswer(mode: String) async throws {
        for text in ["", "x", "[]", "{}", "{\"op\":\"nothing\"}"] {
            let result = try await run(mode, text: Data(text.utf8))
            #expect(result.code != 0 && result.code != 2 && result.code < 126, "\(text): \(result)")
            #expect(result.output.isEmpty, "\(text): \(result)")
        }
        let result = try await Program.run(Program.conformance.path, ["cosign-test", mode, "/nonexistent"])
        #expect(result.code != 0 && result.code != 2 && result.output.isEmpty, "\(result)")
    }

    /// A file for `serve`, made of a request of the vectors.
    private func project() throws -> [String: Any] {
        let requests = try Self.cases("hub").compactMap { $0["request"] as? [String: Any] }
        let request = try #require(requests.first { $0["op"] as? String == "cosign" })
        var project = try #require(request["project"] as? [String: Any])
        project["devices"] = []
        project["admins"] = []
        return project
    }

    @Test func hubThatIsServed_SaysItsAddressFirst_AndEndsWithItsInput() async throws {
        let result = try await run("serve", project())
        #expect(result.code == 0, "\(result)")
        #expect(try result.output.wholeMatch(of: Regex("http://127\\.0\\.0\\.1:[0-9]+\n")) != nil, "\(result)")
    }

    @Test(arguments: ["", "policy", "cosigner", "project_keys", "servers", "devices", "admins"])
    func memberThatNobodyKnows_IsWrongUsage(place: String) async throws {
        var project = try project()
        switch project[place] {
        case nil: project["colour"] = "red"
        case var object as [String: Any]:
            object["colour"] = "red"
            project[place] = object
        default:
            let keys = try #require(project["project_keys"] as? [[String: Any]])
            var key = try #require(keys.first)
            key["colour"] = "red"
            project[place] = [key]
        }
        let result = try await run("serve", project)
        #expect(result.code == 64 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains("colour"), "\(result)")
    }
}
