import Foundation
import JournalTestSupport
import Testing

/// Secrets that `oob` makes, and labels that a scanner reads.
@Suite(.timeLimit(.minutes(5))) struct LabelCommandTests {
    private static let scanners = ["/usr/bin/pdftoppm", "/usr/bin/zbarimg"]
    private static let sample = Program.root + "/oob-secrets/small.csv"

    private func oob(_ arguments: String...) async throws -> ProgramResult {
        try await Program.run(Program.oob.path, arguments)
    }

    @Test func generatedSecrets_AllDiffer() async throws {
        let result = try await oob("generate", "20000", "--pattern", "x-{1}").succeeded()
        #expect(result.lines.first == "deviceID,secret" && result.lines.count == 20_001)
        let fields = result.lines.dropFirst().map { $0.split(separator: ",") }
        #expect(fields.map { $0[0] } == (1...20_000).map { "x-\($0)" })
        #expect(Set(fields.map { $0[1] }).count == 20_000)
        #expect(fields.allSatisfy { $0[1].utf8.count == 26 })
    }

    @Test func labelsWithoutASheet_AreWrongUsage() async throws {
        try await oob("label", Self.sample).expectWrongUsage()
        try await oob("label", Self.sample, "--sheet", "/nowhere/labels.png").expectWrongUsage()
    }

    @Test(.enabled(if: scanners.allSatisfy(FileManager.default.isExecutableFile), "pdftoppm or zbarimg is missing"))
    func scanner_ReadsIDAndSecretOfEveryLabel() async throws {
        let folder = try TemporaryFolder()
        let sheet = folder.path + "/labels.pdf"
        let made = try await oob("label", Self.sample, "--sheet", sheet).succeeded()
        #expect(made.errors.contains("5 labels"))
        let attributes = try FileManager.default.attributesOfItem(atPath: sheet)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)

        try await Program.run(Self.scanners[0], ["-r", "200", "-png", sheet, folder.path + "/page"]).succeeded()
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".png") }
        let read = try await Program.run(
            Self.scanners[1], ["-q"] + pages.map { folder.path + "/" + $0 }
        ).succeeded()
        let rows = try String(contentsOfFile: Self.sample, encoding: .utf8).split(separator: "\n").dropFirst()
        let wanted = rows.map { row in
            let fields = row.split(separator: ",")
            return "QR-Code:latchkey:\(fields[0])?s=\(fields[1])"
        }
        #expect(read.lines.map(String.init).sorted() == wanted.sorted())
    }
}
