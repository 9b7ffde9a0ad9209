import Foundation
internal import JournalTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing
internal import Wire

@Suite struct SecretImportTests {
    private static let header = "deviceID,secret,validUntil\n"

    private static func rows(_ numbers: some Sequence<Int>, secret: String = "secret") -> String {
        numbers.map { "dev-\($0),\(secret)-\($0),\n" }.joined()
    }

    @Test func oneBadRow_RefusesTheFile_UnlessPartial() async throws {
        let rig = try await SecretsRig()
        let text = Self.header + "a,x,\nb,,\nc,y,2001-01-01\n"
        let strict = try await rig.importSecrets(text)
        #expect(!strict.isStored && strict.refused == 2)
        #expect(strict.refusals.map(\.line) == [3, 4] && strict.refusals.map(\.column) == ["secret", "validUntil"])
        #expect(try await rig.secrets.secretCount() == 0)
        let partial = try await rig.importSecrets(text) { $0.partial = true }
        #expect(partial.isStored && partial.added == 1)
        #expect(try await rig.secrets.secretCount() == 1)
    }

    @Test func dryRun_StoresNothing() async throws {
        let rig = try await SecretsRig()
        let result = try await rig.importSecrets(Self.header + Self.rows(1...3)) { $0.dryRun = true }
        #expect(result.added == 3 && !result.isStored)
        #expect(try await rig.secrets.secretCount() == 0)
    }

    @Test func refusedRow_KeepsItsFieldsInTheReport_AlsoInTheReportOfAReport() async throws {
        let rig = try await SecretsRig()
        let row = "\"a\"\"\t1\",\"q,1\""
        let first = try await rig.importSecrets("deviceID,secret\na\"\t1,\"q,1\"\n")
        let report = try String(contentsOfFile: try #require(first.reportFile), encoding: .utf8)
        #expect(
            report == "deviceID,secret,line,column,reason\n" + row
                + ",2,deviceID,a quote inside a field that is not quoted\n")
        let second = try await rig.importSecrets(report)
        let again = try String(contentsOfFile: try #require(second.reportFile), encoding: .utf8)
        #expect(
            again == "deviceID,secret,line,column,reason\n" + row
                + ",2,deviceID,contains the control character U+0009; remove it\n")
        #expect(first.isReportWhole && second.isReportWhole)
        let long = String(repeating: "x", count: 5000)
        #expect(try await !rig.importSecrets("deviceID,secret\n\(long),q\n").isReportWhole)
    }

    @Test(arguments: [
        ("", "empty"), ("deviceID,secret,colour\na,b,c\n", "colour"), ("a,b\nc,d\n", "first line"),
        ("secret\nx\n", "deviceID"),
        ("deviceID\nx\n", "secret"), ("deviceID,secret,secret\na,b,c\n", "twice"),
        ("PK\u{03}\u{04}\u{00}\u{00}zip", "no CSV"),
    ])
    func fileThatIsNoSuchCSV_IsRefusedAsAWhole(text: String, words: String) async throws {
        let rig = try await SecretsRig()
        let error = await #expect(throws: ImportError.self) { try await rig.importSecrets(text) }
        guard case .badFile(let reason) = error else { return }
        #expect(reason.contains(words))
        #expect(try await rig.secrets.secretCount() == 0)
    }
}
