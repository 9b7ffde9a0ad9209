import Foundation
internal import Journal
internal import JournalTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing
internal import Wire

/// Which rows are refused, what is said of them, and what comes through as it was written.
@Suite struct ImportRefusalTests {
    private static func report(_ result: ImportResult) throws -> String {
        try String(contentsOfFile: try #require(result.reportFile), encoding: .utf8)
    }

    @Test(arguments: [
        ("d1,\(String(repeating: "s", count: 1024)),,", ""),
        ("d1,\(String(repeating: "s", count: 1025)),,", "secret: is longer than 1024 bytes"),
        ("d1,s,2030-03-17T17:46:40Z,", "validUntil: lies in the past"), ("d1,s,2030-03-17T17:46:41Z,", ""),
        ("d1,s,tomorrow,", "validUntil: is neither"), ("d1,s,2030-03-17,", ""),
        ("d1,s,2030-03-16,", "validUntil: lies in the past"), ("d1,s,,admin", "ou: must be one of"),
        ("d1,s,,plugin", ""), (",s,,", "deviceID:"), ("d1,s,,,", ": more fields than the header names"),
        ("d1,s", ""), ("d1", "secret: is empty"),
    ])
    func row_IsTakenOrRefusedWithItsColumn(row: String, refusal: String) async throws {
        let rig = try await SecretsRig(clock: ManualClock(at: 1_900_000_000))
        let result = try await rig.importSecrets("deviceID,secret,validUntil,ou\n\(row)\n")
        let said = result.refusals.map { "\($0.column): \($0.reason)" }.first ?? ""
        #expect(refusal.isEmpty ? said.isEmpty : said.hasPrefix(refusal), "\(said)")
        #expect(result.isStored == refusal.isEmpty)
        #expect(try await rig.secrets.secretCount() == (refusal.isEmpty ? 1 : 0))
    }

    @Test func twentyRefusalsAreNamed_AllAreInAReportThatOnlyTheHubReads() async throws {
        let rig = try await SecretsRig(clock: ManualClock(at: 1_900_000_000))
        let text = "deviceID,secret\n" + (1...25).map { "d\($0),\n" }.joined()
        let result = try await rig.importSecrets(text)
        #expect(result.refused == 25 && result.refusals.map(\.line) == Array(2...21))
        let lines = try Self.report(result).split(separator: "\n")
        #expect(lines.count == 26 && lines.last == "d25,,26,secret,is empty")
        let file = try #require(result.reportFile)
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 == 1_900_000_000)
    }

    @Test func correctedReport_IsImportedAsItIs() async throws {
        let rig = try await SecretsRig()
        let first = try await rig.importSecrets("deviceID,secret\nd1,good\nd2,\nd3,\n") { $0.partial = true }
        #expect(first.isStored && first.added == 1)
        let second = try await rig.importSecrets(try Self.report(first).replacing(",,", with: ",mended,"))
        #expect(second.isStored && second.added == 2 && second.reportFile == nil)
        let listed = try await rig.secrets.secrets(after: "", limit: 9, revealing: true)
        #expect(listed.map(\.deviceID) == ["d1", "d2", "d3"])
        #expect(listed.map(\.secret) == ["good", "mended", "mended"])
    }

    @Test func goodFile_LeavesNoReport() async throws {
        let rig = try await SecretsRig()
        let result = try await rig.importSecrets("deviceID,secret\nd1,good\n,\n\nd2,good\n")
        #expect(result.reportFile == nil && result.rows == 2 && result.added == 2)
        let files = try FileManager.default.contentsOfDirectory(atPath: rig.folder.path)
        #expect(!files.contains { $0.hasSuffix(".csv") })
    }

    @Test func nameThatACertificateBears_IsNoDevices() async throws {
        let rig = try await SecretsRig(holders: .init(others: ["hub.local": "server", "ann": "admin"]))
        let result = try await rig.importSecrets("deviceID,secret\nhub.local,x\nann,y\nAnn,z\n") { $0.partial = true }
        #expect(result.refusals.map(\.line) == [2, 3] && result.added == 1)
        #expect(result.refusals.map(\.reason).first == "is the name of a certificate of OU server; choose another")
    }

    @Test func provisionedDevice_KeepsItsSecret_UnlessReplaceIsSaid() async throws {
        let rig = try await SecretsRig(holders: .init(provisioned: ["p1", "p2"]))
        try await rig.addSecret("old", for: "p1")
        let text = "deviceID,secret\np1,new\np2,first\nd1,x\n"
        let careful = try await rig.importSecrets(text) { $0.partial = true }
        #expect(careful.added == 1 && careful.refused == 2 && careful.replaced == 0)
        #expect(careful.refusals.allSatisfy { $0.column == "secret" && $0.reason.contains("--replace") })
        #expect(try await rig.importSecrets("deviceID,secret\np1,old\n").unchanged == 1, "the same secret is no news")
        let bold = try await rig.importSecrets(text) { $0.replace = true }
        #expect(bold.isStored && bold.replaced == 1 && bold.added == 1 && bold.unchanged == 1)
        #expect(try await rig.secret(of: "p1").secret?.value == Array("new".utf8))
    }

    @Test func everyColumn_IsShownAsItWasWritten() async throws {
        let rig = try await SecretsRig()
        let result = try await rig.importSecrets(
            #"""
            note,tags,pairing,deviceType,ou,secret,deviceID
            "a, ""b""",site=1;row=é,spake2plus,camera,service,LABELTEXTLABELTEXTLABELTEXT,d1
            ,,hmac,,,123456,d2
            ,,,,,123456,d3

            """#)
        #expect(result.added == 3 && result.weak == 2)
        let listed = try await rig.secrets.secrets(after: "", limit: 9)
        let shown = listed.map { listing in
            [listing.note, listing.tags, listing.pairing.rawValue, listing.deviceType, listing.ou, listing.secret]
                .map { $0 ?? "-" }.joined(separator: "|")
        }
        #expect(
            shown == [
                "a, \"b\"|site=1;row=é|spake2plus|camera|service|-", "-|-|hmac|-|iotdevice|-", "-|-|any|-|iotdevice|-",
            ])
        #expect(try await rig.secret(of: "d1").secret?.deviceType == "camera")
    }

    /// The trail tells of what became visible and of nothing else.
    @Test func trail_HasOneLineForEachStoredImport() async throws {
        let rig = try await SecretsRig()
        let text = "deviceID,secret\nd1,a\nd2,\n"
        _ = try await rig.importSecrets(text)
        _ = try await rig.importSecrets(text) { $0.dryRun = true }
        let stored = try await rig.importSecrets(text) { $0.partial = true }
        _ = try? await rig.importSecrets("no header\n")
        let lines = try await rig.journal.auditEvents(before: nil, subject: nil, limit: 9)
        #expect(lines.map(\.action) == ["secret.import"] && lines.first?.subject == "test.csv")
        #expect(
            lines.first?.detail
                == #"{"import":"\#(stored.number)","added":"1","replaced":"0","unchanged":"0","refused":"1"}"#)
    }
}
