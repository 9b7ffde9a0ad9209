import Devices
import Issuing
import IssuingTestSupport
import Journal
internal import JournalTestSupport
import Logging
internal import PKI
import RecordTestSupport
internal import Rooms
import SecretFolder
import Secrets
internal import SecretsTestSupport
import Testing
import Upkeep

/// What is looked at again and again beside the listeners.
@Suite struct UpkeepTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private struct BrokenRoom: Sweepable {
        struct Fault: Error {}

        func sweep() async throws { throw Fault() }
    }

    private static func janitor(_ rig: IssuingRig, _ rooms: [any Sweepable]) -> Janitor {
        let journal = rig.rooms.journal
        let files = PlainFileSweep(
            dropIn: rig.folder.path, reports: rig.folder.path, now: journal.now, slowTime: { journal.slowTime },
            logger: logger)
        return Janitor(rooms: rooms, issuer: rig.issuer, catalogue: rig.catalogue, files: files, logger: logger)
    }

    @Test func janitor_ClearsWhatEachRoomNames_AndComesAgainAfterAFault() async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        try await rig.addSecret("s", for: "d1", life: 60)
        #expect(try await TestDevice("d2", secret: "none").enrol(at: rig).status == .waiting)
        rig.clock.advance(by: 2 * 86_400)
        await Self.janitor(rig, [BrokenRoom(), rooms.secrets, rooms.devices]).sweep()
        #expect(try await rooms.secrets.secretCount() == 1)
        await Self.janitor(rig, [rooms.secrets, rooms.devices, rooms.reach, rig.issuer]).sweep()
        #expect(try await rooms.secrets.secretCount() == 0)
        #expect(try await rooms.devices.deviceCounts().isEmpty)
    }

    @Test(arguments: [(0, true), (1, false), (6, false), (60, true)])
    func endingCertificate_IsLookedForEverySixtiethTurn(_ turn: Int, _ isTold: Bool) async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        try await rig.addSecret("s", for: "d1")
        let certificate = try await TestDevice("d1", secret: "s").enrol(at: rig).certificate
        rig.clock.advance(by: certificate.notAfter - rig.clock.now - 3600)
        let watch = AlarmWatch(
            journal: rooms.journal, secrets: rooms.secrets, pairingWindows: rooms.pairingWindows,
            issuer: rig.issuer, logger: Self.logger)
        await watch.look(turn: turn)
        let alarms = try await rooms.journal.alarms(all: false, before: nil, limit: 10)
        #expect(alarms.map(\.kind) == (isTold ? [.certificateExpiring] : []))
    }

    @Test func clockThatWasSet_IsToldByTheNextLook() async throws {
        let rig = try await IssuingRig()
        let watch = ClockWatch(journal: rig.rooms.journal, logger: Self.logger)
        rig.clock.jump(by: -3600)
        await watch.look()
        let alarms = try await rig.rooms.journal.alarms(all: false, before: nil, limit: 10)
        #expect(alarms.map(\.kind) == [.clockSetBack])
    }
}
