import AdminAPI
import Foundation
import Testing

/// `oob import` with the sample files, standard input and files as spreadsheets leave them.
@Suite(.hub(), .timeLimit(.minutes(5))) struct ImportCommandTests {
    private static let samples = Program.root + "/oob-secrets/"
    private static let strong = "KQ2V5XN7ZBYT4GHM3RWCLD6PJA"
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    private static func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: samples + folder).sorted()
    }

    private static func secrets(of file: String) throws -> [String] {
        try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
            String(line.split(separator: ",", omittingEmptySubsequences: false)[1])
        }
    }

    @Test func sample_IsImportedOnce_AndNoListingHoldsItsSecrets() async throws {
        let file = Self.samples + "small.csv"
        let first = try await hub.oob("import", file, "--json").succeeded().json(as: AdminImportSummary.self)
        #expect(first.rows == 5 && first.added == 5 && first.isStored)
        let again = try await hub.oob("import", file).succeeded()
        #expect(again.output.contains("0 added, 0 replaced, 5 unchanged, 0 refused"))

        let secrets = try Self.secrets(of: file)
        #expect(secrets.count == 5)
        let listings = [
            try await hub.oob("list").succeeded(), try await hub.oob("list", "--json").succeeded(),
            try await hub.oob("export").succeeded(), try await hub.oob("show", "lamp-0001").succeeded(),
        ]
        for listing in listings {
            #expect(listing.output.contains("lamp-0001") && secrets.allSatisfy { !listing.output.contains($0) })
        }
        let export = try await hub.oob("export", "--with-secrets").succeeded()
        #expect(secrets.allSatisfy { export.output.contains($0) })
    }

    /// One after the other: they are about the same device.
    @Test func toleratedFiles_AreImported() async throws {
        let files = try Self.files("good")
        #expect(!files.isEmpty)
        for file in files {
            let result = try await hub.oob("import", Self.samples + "good/" + file, "--replace", "--json")
            let summary = try result.succeeded().json(as: AdminImportSummary.self)
            #expect(summary.refused == 0 && summary.isStored, "\(file)")
        }
    }

    /// What is said of each file.
    private static let faults = [
        "archive": "the file is no CSV text", "empty": "the file is empty",
        "control-character": "line 2 deviceID: contains the control character U+0007",
        "duplicate-device": "line 4 deviceID: the device is in this file twice",
        "empty-secret": "line 2 secret: is empty", "invalid-utf8": "line 2 secret: is no UTF-8",
        "long-field": "line 2 secret: longer than 4096 bytes",
        "long-id": "line 2 deviceID: has more than 64 characters",
        "missing-header": "the first line must name the columns",
        "nul": "line 2 secret: contains the control character U+0000",
        "past-date": "line 2 validUntil: lies in the past",
        "stray-quote": "line 2 secret: a quote inside a field that is not quoted",
        "unknown-column": "the column colour is not known; --ignore-unknown skips it",
    ]

    @Test func everyBrokenFile_HasItsFault() throws {
        #expect(try Self.files("broken") == Self.faults.keys.map { $0 + ".csv" }.sorted())
    }

    @Test(arguments: faults.sorted { $0.key < $1.key })
    func brokenFile_IsRefusedWithItsFault(name: String, fault: String) async throws {
        let result = try await hub.oob("import", Self.samples + "broken/\(name).csv")
        result.expectRefusal(result.output.isEmpty ? fault : "nothing was imported")
        #expect(result.says(fault), "\(result)")
    }

    @Test func goodRowsOfABrokenFile_AreImportedWhenAsked_With3() async throws {
        let file = try hub.write("part.csv", "deviceID,secret\npart-1,\(Self.strong)\npart-2,\n")
        try await hub.oob("import", file).expectRefusal("nothing was imported")
        try await hub.oob("show", "part-1").expectRefusal("oob list")
        let part = try await hub.oob("import", file, "--partial", "--report", "refused.csv")
        part.expectRefusal("1 rows were refused", code: 3)
        #expect(part.output.contains("1 added") && part.output.contains("line 3 secret: "))
        try await hub.oob("show", "part-1").succeeded()
        #expect(try hub.text("refused.csv").contains("part-2") && hub.mode("refused.csv") == 0o600)
    }

    @Test func standardInput_IsCheckedOnlyWithDryRun() async throws {
        let text = "deviceID,secret\ndry-1,\(Self.strong)\n"
        let checked = try await hub.oob("import", "-", "--dry-run", input: text).succeeded()
        #expect(checked.output.contains("1 added") && checked.output.contains("nothing was stored"))
        try await hub.oob("show", "dry-1").expectRefusal("oob list")
        try await hub.oob("import", "-", input: text).succeeded()
        try await hub.oob("show", "dry-1").succeeded()
    }

    @Test func rowsOfCommas_AreSkippedAndCounted() async throws {
        let file = try hub.write("commas.csv", "deviceID,secret\nsheet-1,\(Self.strong)\n,\n,\n")
        let result = try await hub.oob("import", file).succeeded()
        #expect(result.output.contains("1 rows: 1 added"))
        #expect(result.output.contains("2 rows of commas alone were skipped"))
    }

    @Test func whiteSpaceAtAnID_IsRefused_WithLineAndColumn() async throws {
        let file = try hub.write("space.csv", "deviceID,secret\nc9 ,\(Self.strong)\n")
        let result = try await hub.oob("import", file)
        result.expectRefusal("nothing was imported")
        #expect(result.output.contains("line 2 deviceID: begins or ends with white space"))
    }

    @Test func idsOfToday_HaveNoProblem() async throws {
        let list = try await hub.hubctl("device", "list", "--invalid-ids").succeeded()
        #expect(list.output.contains("all device IDs follow the current rules"))
    }

    @Test func hubThatDoesNotAnswer_IsUnavailable() async throws {
        let result = try await hub.oob("list", "--socket", hub.path("nobody"))
        result.expectRefusal(hub.path("nobody"), code: 69)
    }
}
