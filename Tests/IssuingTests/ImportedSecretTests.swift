import Foundation
internal import IssuingTestSupport
internal import JournalTestSupport
internal import Rooms
internal import Secrets
internal import SecretsTestSupport
import Testing
internal import Wire

/// Secrets of an imported file, as the devices meet them.
@Suite struct ImportedSecretTests {
    private static let header = "deviceID,secret,validUntil\n"

    private static func rows(_ numbers: some Sequence<Int>, secret: String = "secret") -> String {
        numbers.map { "dev-\($0),\(secret)-\($0),\n" }.joined()
    }

    @Test func goodFile_IsVisibleAtOnce_AndItsSecretsWork() async throws {
        let rig = try await IssuingRig()
        let result = try await rig.importSecrets(Self.header + Self.rows(1...3))
        #expect(result.added == 3 && result.refused == 0 && result.isStored)
        #expect(try await TestDevice("dev-2", secret: "secret-2").enrol(at: rig).status == .approved)
    }

    @Test func sameFileAgain_ChangesNothing_AlsoAfterADeviceUsedItsSecret() async throws {
        let rig = try await IssuingRig()
        let text = Self.header + Self.rows(1...3)
        _ = try await rig.importSecrets(text)
        #expect(try await rig.importSecrets(text).unchanged == 3)
        _ = try await TestDevice("dev-1", secret: "secret-1").enrol(at: rig)
        let again = try await rig.importSecrets(text)
        #expect(again.refused == 0 && again.unchanged == 3)
        #expect(try await TestDevice("dev-1", secret: "secret-1").enrol(at: rig).status == .waiting)
    }

    @Test func changedSecret_ReplacesTheOld_ButOfAProvisionedDeviceOnlyOnRequest() async throws {
        let rig = try await IssuingRig()
        _ = try await rig.importSecrets(Self.header + Self.rows(1...2))
        _ = try await TestDevice("dev-1", secret: "secret-1").enrol(at: rig)
        let changed = Self.header + Self.rows(1...2, secret: "new")
        let strict = try await rig.importSecrets(changed) { $0.partial = true }
        #expect(strict.refused == 1 && strict.replaced == 1)
        #expect(try await TestDevice("dev-2", secret: "secret-2").enrol(at: rig).status == .rejected)
        #expect(try await TestDevice("dev-2", secret: "new-2").enrol(at: rig).status == .approved)
        let replacing = try await rig.importSecrets(Self.header + Self.rows(1...1, secret: "new")) {
            $0.replace = true
        }
        #expect(replacing.refused == 0 && replacing.isStored)
        #expect(try await TestDevice("dev-1", secret: "new-1").enrol(at: rig).status == .approved)
    }

    @Test func deviceThatStandsTwice_IsRefused_AlsoFarApart() async throws {
        let rig = try await IssuingRig()
        // More rows than are sorted together, so that the second mention comes in another run.
        let text = Self.header + Self.rows(1...105_000) + "dev-7,other,\n" + "dev-9,x,\n"
        let result = try await rig.importSecrets(text) { $0.partial = true }
        #expect(result.added == 105_000 && result.refused == 2)
        #expect(result.refusals.allSatisfy { $0.column == "deviceID" && $0.reason.contains("twice") })
        #expect(try await TestDevice("dev-7", secret: "secret-7").enrol(at: rig).status == .approved)
    }

    @Test func interruptedImport_IsInvisible_AndClearedByTheNextStart() async throws {
        let folder = try TemporaryFolder()
        try await { () -> Void in
            let rig = try await IssuingRig(folder: folder)
            let secrets = try await SecretImport(
                into: rig.rooms.secrets, for: rig.rooms.devices, options: ImportOptions(source: "t"),
                folder: folder.path)
            try await secrets.feed(Array((Self.header + Self.rows(1...105_000)).utf8))
            // Nobody finishes it: the first run of rows is in the store, as after a kill -9.
            #expect(try await TestDevice("dev-1", secret: "secret-1").enrol(at: rig).status == .waiting)
        }()
        let rig = try await IssuingRig(folder: folder)
        #expect(try await rig.rooms.secrets.secretCount() == 0)
        #expect(try await rig.importSecrets(Self.header + Self.rows(1...10)).added == 10)
    }

    @Test func report_CanBeCorrectedAndImportedAgain() async throws {
        let rig = try await IssuingRig()
        let bad = try await rig.importSecrets(Self.header + "a,\"q\"\"1\",\nb,\"x,y\",2001-01-01\n") {
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
        #expect(try await rig.importSecrets(corrected).added == 1)
        #expect(try await TestDevice("b", secret: "x,y").enrol(at: rig).status == .approved)
        #expect(try await TestDevice("a", secret: "q\"1").enrol(at: rig).status == .approved)
    }

    @Test func provisioningGoesOn_WhileAnImportRuns() async throws {
        let rig = try await IssuingRig()
        try await rig.addSecret("s", for: "other")
        let text = Self.header + Self.rows(1...110_000)
        async let result = rig.importSecrets(text)
        #expect(try await TestDevice("other", secret: "s").enrol(at: rig).status == .approved)
        #expect(try await result.added == 110_000)
    }
}
