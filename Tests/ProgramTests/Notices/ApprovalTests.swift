import AdminAPI
import Foundation
internal import Glibc
import Testing

/// Devices that wait, at a hub that records strangers in pairing windows only, and what an operator decides on a
/// terminal. Each test has a hub of its own.
@Suite(.timeLimit(.minutes(5))) struct ApprovalTests {
    private let hub: ProgramHub

    init() throws {
        hub = try ProgramHub()
    }

    private func device(_ id: String) async throws -> AdminDevice {
        try await hub.hubctl("device", "show", id, "--json").succeeded().json()
    }

    private func window() async throws -> AdminPairing {
        try await hub.hubctl("pairing", "show", "--json").succeeded().json()
    }

    @Test func listOfWaitingDevices_HasWhatAnOperatorCompares() async throws {
        try await hub.start()
        try await hub.waitingDevice("lamp-1")
        let listed = try await hub.hubctl("device", "pending", "--json").succeeded().json(as: [AdminDevice].self)
        let device = try #require(listed.first)
        #expect(listed.count == 1 && device.deviceID == "lamp-1" && (device.timesAsked ?? 0) >= 1)
        let table = try await hub.hubctl("device", "pending").succeeded()
        let row = try #require(table.lines.last)
        let groups = row.split(separator: " ").suffix(16)
        #expect(row.hasPrefix("lamp-1 ") && row.contains(" 127.0.0.1 "))
        #expect(groups.allSatisfy { $0.count == 4 } && groups.joined() == device.fingerprint)
    }

    @Test func onATerminal_TheEndOfTheFingerprintApproves() async throws {
        try await hub.start()
        try await hub.waitingDevice("lamp-4")
        let fingerprint = try #require(try await device("lamp-4").fingerprint)
        let wrong = try await hub.onATerminal("device approve lamp-4", typing: "00000000\n").end()
        #expect(wrong.code == 1 && wrong.output.contains("nothing was approved"), "\(wrong)")
        #expect(wrong.output.contains("\(fingerprint.prefix(4)) \(fingerprint.dropFirst(4).prefix(4)) "))
        #expect(try await device("lamp-4").state == "pending")
        let right = try await hub.onATerminal("device approve lamp-4", typing: fingerprint.suffix(8) + "\n").end()
        #expect(right.code == 0, "\(right)")
        try await hub.provision("lamp-4", "--trust-on-first-use", "--timeout", "60").succeeded()
    }

    @Test func onATerminal_TheListIsDrawnOverItself_AndAWatcherWithoutReadersEnds() async throws {
        try await hub.start()
        try await hub.waitingDevice("lamp-6")
        let watcher = try hub.onATerminal("device pending --watch")
        try await watcher.wait(in: watcher.output) { $0.split(separator: "\u{1B}[2J").count > 2 }
        let first = try await hub.shell("hubctl device pending --watch | head -n 1")
        #expect(first.code == 0 && first.output.hasPrefix("new  lamp-6"), "\(first)")
    }

    @Test func strangers_AreRecordedInAWindowOnly_WhichOutlivesADeath() async throws {
        let options = ["--pairing-window-required", "true"]
        try await hub.start(options)
        try await hub.waitingDevice("lamp-5")
        try await hub.hubctl("device", "show", "lamp-5").expectRefusal("lamp-5")
        let closed = try await window()
        #expect(!closed.isOpen && closed.isRequired)
        try await hub.hubctl("pairing", "close").expectRefusal("hubctl pairing open")

        try await hub.hubctl("pairing", "open", "--minutes", "10", "--approve").succeeded()
        try await hub.stop(SIGKILL)
        try await hub.start(options)
        let open = try await window()
        #expect(open.isOpen && open.limit == 1)
        try await hub.provision("lamp-5", "--trust-on-first-use", "--timeout", "60").succeeded()
        #expect(try await device("lamp-5").state == "approved")
        try await hub.waitingDevice("lamp-6")
        #expect(try await device("lamp-6").state == "pending", "the window lets in one")
        try await hub.hubctl("pairing", "close").succeeded()
        let events = try await hub.hubctl("audit", "list", "--subject", "window", "--json").succeeded()
        #expect(try events.json(as: [AdminAuditEvent].self).map(\.action) == ["pairing.close", "pairing.open"])
        try await hub.hubctl("audit", "verify").succeeded()
    }
}
