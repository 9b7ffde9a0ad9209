import Foundation
import JournalTestSupport
import Testing

/// The program with which other implementations of pairing are compared.
@Suite(.timeLimit(.minutes(5))) struct PairingToolTests {
    private struct Answer: Decodable {
        var result: String
        var error: String?
        var w0: String?
        var L: String?
    }

    private func operation(_ request: [String: Any]) async throws -> (code: Int32, answer: Answer) {
        let folder = try TemporaryFolder()
        let file = URL(fileURLWithPath: folder.path + "/request.json")
        try JSONSerialization.data(withJSONObject: request).write(to: file)
        let result = try await Program.run(Program.conformance.path, ["pake-test", file.path])
        return (result.code, try result.json())
    }

    @Test func registration_HasTheNumbersOfTheVector() async throws {
        let record = try #require(try PairingVectors.read().registration.first)
        let (code, answer) = try await operation([
            "op": "register", "secret": record.secret, "deviceID": record.deviceID, "salt": record.salt,
            "iterations": record.iterations,
        ])
        #expect(code == 0 && answer.result == "ok" && answer.w0 == record.w0 && answer.L == record.L)
    }

    @Test func shareThatIsNoPoint_IsRefusedWith2() async throws {
        let vectors = try PairingVectors.read()
        let share = try #require(vectors.shares["off_curve"])
        let (code, answer) = try await operation([
            "op": "verifier_respond", "context": vectors.flow.context, "idProver": "a", "idVerifier": "b",
            "w0": vectors.flow.w0, "L": vectors.flow.L, "y": vectors.flow.y, "shareP": share,
        ])
        #expect(code == 2 && answer.result == "refused" && answer.error == "bad_share")
    }
}
