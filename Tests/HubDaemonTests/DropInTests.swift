import Files
import Foundation
import HubTestSupport
import Journal
internal import JournalTestSupport
import Logging
internal import Rooms
internal import Secrets
import Testing

@testable import HubDaemon
@testable import SecretFolder

/// The drop-in folder, and what it leaves behind: no secret in plain text.
@Suite(.timeLimit(.minutes(5))) struct DropInTests {
    private static let secret = "KQ2V5XN7ZBYT4GHM3RWCLD6PJA"
    private static let file = "deviceID,secret,note\nlamp-1,\(secret),hall\nlamp-2,\(secret),\n"
    private static let emptied = "deviceID,secret,note\nlamp-1,,hall\nlamp-2,,\n"

    private static func write(_ text: String, _ hub: TestHub, _ name: String, mode: Int = 0o644) throws {
        let path = hub.folder.path + "/state/oob-secrets/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private static func text(_ hub: TestHub, _ name: String) -> String? {
        let path = hub.folder.path + "/state/oob-secrets/" + name
        return FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func names(_ hub: TestHub) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: hub.folder.path + "/state/oob-secrets").sorted()
    }

    private static func mode(_ hub: TestHub, _ name: String) throws -> Int? {
        let path = hub.folder.path + "/state/oob-secrets/" + name
        return try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    /// Runs a hub until its drop-in folder looks as it should, and then looks at its store.
    private static func run(
        _ hub: TestHub, until isDone: () throws -> Bool, then look: () async throws -> Void = {}
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.hub.run(signals: []) }
            while try !isDone() { try await Task.sleep(for: .milliseconds(50)) }
            try await look()
            group.cancelAll()
        }
    }

    /// Nothing in the state folder but the database, where it is sealed, and the given files.
    private static func plainFiles(_ hub: TestHub) -> [String] {
        let root = hub.folder.path + "/state"
        let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            FileManager.default.contents(atPath: root + "/" + name)?.range(of: Data(Self.secret.utf8)) != nil
        }.sorted()
    }

    @Test func importedFile_KeepsItsRowsWithoutTheSecrets() async throws {
        let hub = try await TestHub()
        try Self.write(Self.file, hub, "LAMPS.CSV")
        try await Self.run(hub) {
            try Self.names(hub) == ["LAMPS.CSV.imported"]
        } then: {
            let count = try await hub.hub.rooms.secrets.secretCount()
            #expect(count == 2)
        }
        #expect(Self.text(hub, "LAMPS.CSV.imported") == Self.emptied)
        #expect(try Self.mode(hub, "LAMPS.CSV.imported") == 0o600)
        #expect(Self.plainFiles(hub).isEmpty)
    }

    @Test func refusedRows_StandInAReportForAWeek_WhichCanBeImported() async throws {
        let clock = ManualClock(at: 1_800_000_000)
        let hub = try await TestHub(clock: clock)
        try Self.write("deviceID,secret\nlamp-1,\(Self.secret)\nlamp/2,\(Self.secret)\n", hub, "lamps.csv")
        try Self.write("name,password\nlamp-1,\(Self.secret)\n", hub, "other.csv")
        let all = ["lamps.csv.imported", "lamps.report.csv", "other.csv.refused"]
        try await Self.run(hub) {
            try Self.names(hub) == all
        } then: {
            let report = try #require(Self.text(hub, "lamps.report.csv"))
            let row = "deviceID,secret,line,column,reason\nlamp/2,\(Self.secret),3,deviceID,\"contains '/'"
            #expect(report.hasPrefix(row), "\(report)")
            let again = try await SecretImport(
                into: hub.hub.rooms.secrets, for: hub.hub.rooms.devices, options: ImportOptions(source: "again"),
                folder: hub.folder.path + "/state/import")
            try await again.feed(Array(report.replacingOccurrences(of: "lamp/2", with: "lamp-2").utf8))
            #expect(try await again.finish(by: .hub).added == 1)
        }
        #expect(try Self.mode(hub, "lamps.report.csv") == 0o600 && Self.mode(hub, "other.csv.refused") == 0o600)
        let sweep = Self.sweep(hub)
        clock.advance(by: PlainFileLife.seconds - 60)
        sweep.removeOld()
        #expect(try Self.names(hub) == all)
        clock.advance(by: 120)
        sweep.removeOld()
        #expect(try Self.names(hub) == ["lamps.csv.imported"])
        #expect(Self.plainFiles(hub).isEmpty)
    }

    @Test func reportFromAClockThatWasAhead_StaysAWeekFromNow() async throws {
        let clock = ManualClock(at: 1_800_000_000)
        let hub = try await TestHub(clock: clock)
        let sweep = Self.sweep(hub)
        clock.advance(by: 400 * 86_400)
        try Self.write("x", hub, "a.report.csv")
        sweep.begin(hub.folder.path + "/state/oob-secrets/a.report.csv")
        clock.advance(by: -400 * 86_400)
        sweep.removeOld()
        #expect(try Self.names(hub) == ["a.report.csv"], "it does not vanish at once")
        clock.advance(by: PlainFileLife.seconds - 1)
        sweep.removeOld()
        #expect(try Self.names(hub) == ["a.report.csv"])
        clock.advance(by: 1)
        sweep.removeOld()
        #expect(try Self.names(hub).isEmpty, "nor does it stay until the old time comes")
    }

    @Test(
        arguments: [
            (0, 0, PlainFileLife.Verdict.keep), (0, 604_799, .keep), (0, 604_800, .remove), (0, .max, .remove),
            (1, 0, .restart),
            (.max, 0, .restart),
        ] as [(Int64, Int64, PlainFileLife.Verdict)])
    func life_IsAWeek(written: Int64, now: Int64, verdict: PlainFileLife.Verdict) {
        #expect(PlainFileLife.verdict(written: written, now: now, slowTime: now) == verdict)
        #expect(PlainFileLife.verdict(written: written, now: now, slowTime: 0) != .remove, "a jump removes nothing")
    }

    /// What a power cut may leave, at each step of an import, and what older hubs left: the next start takes all of it
    /// away.
    @Test func powerCutBetweenTheSteps_LeavesNothingInPlainText() async throws {
        let folder = try TemporaryFolder()
        do {
            // Stored, but the file still stands there, with a copy that is whole or half written.
            let hub = try await TestHub(folder: folder)
            let secrets = try await SecretImport(
                into: hub.hub.rooms.secrets, for: hub.hub.rooms.devices, options: ImportOptions(source: "a"),
                folder: folder.path + "/state/import")
            try await secrets.feed(Array(Self.file.utf8))
            _ = try await secrets.finish(by: .hub)
            try Self.write(Self.file, hub, "stored.csv")
            try Self.write(Self.file, hub, "copied.csv")
            try Self.write(Self.emptied, hub, "copied.csv.imported")
            try Self.write("deviceID,sec", hub, "half.csv.imported.new")
            try Self.write(Self.file, hub, "half.csv")
            // As older hubs leave it.
            try Self.write(Self.file, hub, "old.csv.imported")
            // An import that was under way has written a part of its report.
            let unfinished = try await SecretImport(
                into: hub.hub.rooms.secrets, for: hub.hub.rooms.devices, options: ImportOptions(source: "b"),
                folder: folder.path + "/state/import")
            try await unfinished.feed(Array("deviceID,secret\n".utf8))
            for number in 0..<3000 { try await unfinished.feed(Array("bad/\(number),\(Self.secret)\n".utf8)) }
            #expect(Self.plainFiles(hub).contains { $0.hasPrefix("import/") })
        }
        let hub = try await TestHub(folder: folder)
        let names = ["copied", "half", "old", "stored"].map { $0 + ".csv.imported" }
        try await Self.run(hub) { try Self.names(hub) == names }
        for name in names {
            #expect(Self.text(hub, name) == Self.emptied && (try? Self.mode(hub, name)) == 0o600, "\(name)")
        }
        #expect(Self.plainFiles(hub).isEmpty)
    }

    @Test func namesOfFilesThatAreTaken() {
        for name in ["a.csv", "A.CSV", "a.Csv"] { #expect(DropInFolder.isTaken(name)) }
        for name in ["a.report.csv", "A.REPORT.CSV", ".a.csv", "a.csv.imported", "a.csv.refused", "a.txt", "csv"] {
            #expect(!DropInFolder.isTaken(name))
        }
    }

    @Test func clockThatJumpsForward_RemovesNoReport() async throws {
        let hub = try await TestHub(clock: ManualClock(at: 1_800_000_000))
        let rooms = hub.hub.rooms
        _ = try await rooms.journal.lookAtClock()
        let sweep = Self.sweep(hub) { rooms.journal.slowTime }
        for name in ["a.report.csv", "b.csv.refused"] {
            try Self.write("x", hub, name)
            sweep.begin(hub.folder.path + "/state/oob-secrets/" + name)
        }
        hub.clock.jump(by: 400 * 86_400)
        sweep.removeOld()
        #expect(try Self.names(hub) == ["a.report.csv", "b.csv.refused"])
        hub.clock.advance(by: PlainFileLife.seconds)
        sweep.removeOld()
        #expect(try Self.names(hub).isEmpty)
    }

    /// What a row holds stands in the imported file, the report or the refused file.
    @Test func refusedRows_AreLostNowhere() async throws {
        let hub = try await TestHub()
        let long = String(repeating: "x", count: 5000)
        try Self.write("deviceID,secret\nctl-8\t,\(Self.secret)\n", hub, "tab.csv")
        try Self.write("deviceID,secret,note\na,\(Self.secret),\(long)\nb,\(Self.secret),\n", hub, "long.csv")
        try Self.write("deviceID;secret\na;\(Self.secret)\n", hub, "semicolon.csv")
        try await Self.run(hub) {
            try Self.names(hub) == [
                "long.csv.imported", "long.csv.refused", "long.report.csv", "semicolon.csv.refused", "tab.csv.imported",
                "tab.report.csv",
            ]
        }
        let report = "deviceID,secret,line,column,reason\nctl-8\t,\(Self.secret),2,deviceID,"
        #expect(Self.text(hub, "tab.report.csv") == report + "contains the control character U+0009; remove it\n")
        #expect(Self.text(hub, "long.csv.refused")?.contains(Self.secret + "," + long) == true)
        #expect(Self.text(hub, "long.csv.imported") == "deviceID,secret,note\n,,\nb,,\n")
        #expect(try Self.mode(hub, "long.csv.refused") == 0o600)
    }

    @Test func foldersInTheWay_NeitherVanish_NorKeepSecretsInPlainText() async throws {
        let hub = try await TestHub()
        let folder = hub.folder.path + "/state/oob-secrets/"
        for name in ["a.csv.imported.new", "a.report.csv"] {
            try FileManager.default.createDirectory(atPath: folder + name + "/in", withIntermediateDirectories: true)
        }
        try Self.write("deviceID,secret\nlamp-1,\(Self.secret)\nlamp/2,x\n", hub, "a.csv")
        try await Self.run(hub) {
            try Self.names(hub) == ["a.csv.imported", "a.csv.imported.new", "a.report.csv"]
        }
        #expect(Self.text(hub, "a.csv.imported") == "deviceID,secret\nlamp-1,\n,\n")
        #expect(FileManager.default.fileExists(atPath: folder + "a.report.csv/in"))
        #expect(Self.plainFiles(hub).isEmpty)
    }

    @Test func fileThatCannotBeRemoved_IsTakenOnce() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/a", withIntermediateDirectories: true)
        #expect(throws: FileError.self) { try SecureFile.discard(folder.path + "/a") }
        try SecureFile.discard(folder.path + "/none")
        var looks = DropInLooks()
        #expect(looks.settled(["a": "1", "b": "1"]).isEmpty)
        #expect(looks.settled(["a": "1", "b": "2"]) == ["a"])
        looks.leave("a", "1")
        #expect(looks.settled(["a": "1", "b": "2"]) == ["b"])
        #expect(looks.settled(["a": "2"]).isEmpty)
        #expect(looks.settled(["a": "2"]) == ["a"], "a changed file is another")
    }

    @Test func operatorsFileWithTheNameOfAReport_IsToldOnce_AndStays() async throws {
        let hub = try await TestHub(clock: ManualClock(at: 1_900_000_000))
        let folder = hub.folder.path + "/state/oob-secrets"
        try Self.write(Self.file, hub, "June.Report.CSV")
        try Self.write(Self.file, hub, "june.report.csv")
        try Self.write("deviceID,secret,line,column,reason\n", hub, "hub.report.csv")
        let reports = ["June.Report.CSV": "1", "june.report.csv": "1", "hub.report.csv": "1"]
        var files = MisnamedFiles()
        #expect(files.new(reports, in: folder) == ["June.Report.CSV", "june.report.csv"])
        #expect(files.new(reports, in: folder).isEmpty)
        Self.sweep(hub).removeOld()
        #expect(try Self.names(hub) == ["June.Report.CSV", "june.report.csv"])
    }

    private static func sweep(
        _ hub: TestHub, slowTime: (@Sendable () -> Int64)? = nil
    ) -> PlainFileSweep {
        PlainFileSweep(
            dropIn: hub.folder.path + "/state/oob-secrets", reports: hub.folder.path + "/state/import",
            now: { hub.clock.now }, slowTime: slowTime ?? { hub.clock.now },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
