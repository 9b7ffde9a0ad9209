import Foundation
import HubDaemon
import HubTestSupport
import Journal
import Secrets
import Testing
internal import Wire

@Suite struct SecretImportTests {
    private static let header = "deviceID,secret,validUntil\n"

    private static func run(
        _ text: String, into hub: TestHub, change: (inout ImportOptions) -> Void = { _ in }
    ) async throws -> ImportResult {
        var options = ImportOptions(source: "test.csv")
        change(&options)
        let secrets = try await SecretImport(
            into: hub.hub.rooms.secrets, for: hub.hub.rooms.devices, options: options,
            folder: hub.folder.path + "/state/import")
        try await secrets.feed(Array(text.utf8))
        return try await secrets.finish(by: .hub)
    }

    private static func rows(_ numbers: some Sequence<Int>, secret: String = "secret") -> String {
        numbers.map { "dev-\($0),\(secret)-\($0),\n" }.joined()
    }

    @Test func goodFile_IsVisibleAtOnce_AndItsSecretsWork() async throws {
        let hub = try await TestHub()
        let result = try await Self.run(Self.header + Self.rows(1...3), into: hub)
        #expect(result.added == 3 && result.refused == 0 && result.isStored)
        #expect(try await TestDevice("dev-2", secret: "secret-2").provision(at: hub).status == .approved)
    }

    @Test func oneBadRow_RefusesTheFile_UnlessPartial() async throws {
        let hub = try await TestHub()
        let text = Self.header + "a,x,\nb,,\nc,y,2001-01-01\n"
        let strict = try await Self.run(text, into: hub)
        #expect(!strict.isStored && strict.refused == 2)
        #expect(strict.refusals.map(\.line) == [3, 4] && strict.refusals.map(\.column) == ["secret", "validUntil"])
        #expect(try await hub.hub.rooms.secrets.secretCount() == 0)
        let partial = try await Self.run(text, into: hub) { $0.partial = true }
        #expect(partial.isStored && partial.added == 1)
        #expect(try await hub.hub.rooms.secrets.secretCount() == 1)
    }

    @Test func dryRun_StoresNothing() async throws {
        let hub = try await TestHub()
        let result = try await Self.run(Self.header + Self.rows(1...3), into: hub) { $0.dryRun = true }
        #expect(result.added == 3 && !result.isStored)
        #expect(try await hub.hub.rooms.secrets.secretCount() == 0)
    }

    @Test func sameFileAgain_ChangesNothing_AlsoAfterADeviceUsedItsSecret() async throws {
        let hub = try await TestHub()
        let text = Self.header + Self.rows(1...3)
        _ = try await Self.run(text, into: hub)
        #expect(try await Self.run(text, into: hub).unchanged == 3)
        _ = try await TestDevice("dev-1", secret: "secret-1").provision(at: hub)
        let again = try await Self.run(text, into: hub)
        #expect(again.refused == 0 && again.unchanged == 3)
        #expect(try await TestDevice("dev-1", secret: "secret-1").provision(at: hub).status == .waiting)
    }

    @Test func changedSecret_ReplacesTheOld_ButOfAProvisionedDeviceOnlyOnRequest() async throws {
        let hub = try await TestHub()
        _ = try await Self.run(Self.header + Self.rows(1...2), into: hub)
        _ = try await TestDevice("dev-1", secret: "secret-1").provision(at: hub)
        let changed = Self.header + Self.rows(1...2, secret: "new")
        let strict = try await Self.run(changed, into: hub) { $0.partial = true }
        #expect(strict.refused == 1 && strict.replaced == 1)
        #expect(try await TestDevice("dev-2", secret: "secret-2").provision(at: hub).status == .rejected)
        #expect(try await TestDevice("dev-2", secret: "new-2").provision(at: hub).status == .approved)
        let replacing = try await Self.run(Self.header + Self.rows(1...1, secret: "new"), into: hub) {
            $0.replace = true
        }
        #expect(replacing.refused == 0 && replacing.isStored)
        #expect(try await TestDevice("dev-1", secret: "new-1").provision(at: hub).status == .approved)
    }

    @Test func deviceThatStandsTwice_IsRefused_AlsoFarApart() async throws {
        let hub = try await TestHub()
        // More rows than are sorted together, so that the second mention comes in another run.
        let text = Self.header + Self.rows(1...105_000) + "dev-7,other,\n" + "dev-9,x,\n"
        let result = try await Self.run(text, into: hub) { $0.partial = true }
        #expect(result.added == 105_000 && result.refused == 2)
        #expect(result.refusals.allSatisfy { $0.column == "deviceID" && $0.reason.contains("twice") })
        #expect(try await TestDevice("dev-7", secret: "secret-7").provision(at: hub).status == .approved)
    }

    @Test func interruptedImport_IsInvisible_AndClearedByTheNextStart() async throws {
        let folder = try TemporaryFolder()
        try await { () -> Void in
            let hub = try await TestHub(folder: folder)
            let secrets = try await SecretImport(
                into: hub.hub.rooms.secrets, for: hub.hub.rooms.devices, options: ImportOptions(source: "t"),
                folder: folder.path + "/state/import")
            try await secrets.feed(Array((Self.header + Self.rows(1...105_000)).utf8))
            // Nobody finishes it: the first run of rows is in the store, as after a kill -9.
            #expect(try await TestDevice("dev-1", secret: "secret-1").provision(at: hub).status == .waiting)
        }()
        let hub = try await TestHub(folder: folder)
        #expect(try await hub.hub.rooms.secrets.secretCount() == 0)
        #expect(try await Self.run(Self.header + Self.rows(1...10), into: hub).added == 10)
    }

    @Test func refusedRow_KeepsItsFieldsInTheReport_AlsoInTheReportOfAReport() async throws {
        let hub = try await TestHub()
        let row = "\"a\"\"\t1\",\"q,1\""
        let first = try await Self.run("deviceID,secret\na\"\t1,\"q,1\"\n", into: hub)
        let report = try String(contentsOfFile: try #require(first.reportFile), encoding: .utf8)
        #expect(
            report == "deviceID,secret,line,column,reason\n" + row
                + ",2,deviceID,a quote inside a field that is not quoted\n")
        let second = try await Self.run(report, into: hub)
        let again = try String(contentsOfFile: try #require(second.reportFile), encoding: .utf8)
        #expect(
            again == "deviceID,secret,line,column,reason\n" + row
                + ",2,deviceID,contains the control character U+0009; remove it\n")
        #expect(first.isReportWhole && second.isReportWhole)
        let long = String(repeating: "x", count: 5000)
        #expect(try await !Self.run("deviceID,secret\n\(long),q\n", into: hub).isReportWhole)
    }

    @Test func report_CanBeCorrectedAndImportedAgain() async throws {
        let hub = try await TestHub()
        let bad = try await Self.run(Self.header + "a,\"q\"\"1\",\nb,\"x,y\",2001-01-01\n", into: hub) {
            $0.partial = true
        }
        let report = try String(contentsOfFile: try #require(bad.reportFile), encoding: .utf8)
        #expect(
            report
                == "deviceID,secret,validUntil,line,column,reason\nb,\"x,y\",2001-01-01,3,validUntil,lies in the past\n"
        )
        let mode =
            try FileManager.default.attributesOfItem(atPath: try #require(bad.reportFile))[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let corrected = report.replacingOccurrences(of: "2001-01-01", with: "2099-01-01")
        #expect(try await Self.run(corrected, into: hub).added == 1)
        #expect(try await TestDevice("b", secret: "x,y").provision(at: hub).status == .approved)
        #expect(try await TestDevice("a", secret: "q\"1").provision(at: hub).status == .approved)
    }

    @Test(arguments: [
        ("", "empty"), ("deviceID,secret,colour\na,b,c\n", "colour"), ("a,b\nc,d\n", "first line"),
        ("secret\nx\n", "deviceID"),
        ("deviceID\nx\n", "secret"), ("deviceID,secret,secret\na,b,c\n", "twice"),
        ("PK\u{03}\u{04}\u{00}\u{00}zip", "no CSV"),
    ])
    func fileThatIsNoSuchCSV_IsRefusedAsAWhole(text: String, words: String) async throws {
        let hub = try await TestHub()
        let error = await #expect(throws: ImportError.self) { try await Self.run(text, into: hub) }
        guard case .badFile(let reason) = error else { return }
        #expect(reason.contains(words))
        #expect(try await hub.hub.rooms.secrets.secretCount() == 0)
    }

    @Test func provisioningGoesOn_WhileAnImportRuns() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "other")
        let text = Self.header + Self.rows(1...110_000)
        async let result = Self.run(text, into: hub)
        #expect(try await TestDevice("other", secret: "s").provision(at: hub).status == .approved)
        #expect(try await result.added == 110_000)
    }
}
