internal import Journal
internal import JournalTestSupport
internal import Rooms
import Store
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// One device can't fill the store or the audit trail, whatever it says.
@Suite struct LiveBoundsTests {
    private static func joined() async throws -> (rig: UpdatesRig, device: LiveDevice) {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        try await device.join()
        return (rig, device)
    }

    /// Writes to the tables that devices with links have rows in, while something happens.
    private static func writes(_ rig: UpdatesRig, _ body: () async throws -> Void) async throws -> UInt64 {
        let store = rig.rooms.journal.store
        let tables = store.watch("device_updates", "attribute")
        let before = store.version(of: tables)
        try await body()
        return store.version(of: tables) - before
    }

    @Test func otherFirmwareAtEachJoin_IsWrittenDownTenTimes_ThenOnceAMinute() async throws {
        var (rig, device) = try await Self.joined()
        for round in 0..<100 { try await device.join(round.isMultiple(of: 2) ? "0.2.0" : "0.1.0") }
        let count = try await device.events("device.firmware").count
        #expect((9...10).contains(count), "the first join had a share too")
        rig.clock.advance(by: 60)
        for round in 0..<100 { try await device.join(round.isMultiple(of: 2) ? "0.3.0" : "0.4.0") }
        #expect(try await device.events("device.firmware").count == count + 1)
        #expect(try await device.known()["version"] == "0.3.0")
        rig.clock.advance(by: 60)
        try await device.join()
        #expect(try await device.known()["version"] == "0.4.0")
    }

    @Test func otherWordsAtEachJoin_AreWrittenDownTenTimes() async throws {
        var (rig, device) = try await Self.joined()
        let writes = try await Self.writes(rig) {
            for round in 0..<100 {
                (device.running.version, device.running.toolVersion) = ("\(round)", "\(round)")
                device.running.isValidated = round.isMultiple(of: 2)
                try await device.join()
                try await rig.updates.validated(device.id, by: .hub)
            }
        }
        #expect(writes <= 10)
    }

    @Test func whatBecameOfAnUpdate_IsWrittenDown_HoweverOftenTheDeviceChanged() async throws {
        var (rig, device) = try await Self.joined()
        for round in 0..<30 { try await device.join(round.isMultiple(of: 2) ? "0.2.0" : "0.1.0") }
        try await rig.firmware("0.5.0")
        let deployment = try await rig.deploy("widget-0.5.0", to: [device.id])
        #expect(try await device.sent() == "widget-0.5.0")
        try await device.says(.completed)
        try await device.join("0.5.0")
        #expect(try await rig.state(deployment, device) == .success)
        #expect(try await device.known()["version"] == "0.5.0")
    }

    @Test func validation_IsNews_Once() async throws {
        let (rig, device) = try await Self.joined()
        let notices = rig.updates.notices.subscribe()
        let writes = try await Self.writes(rig) {
            for _ in 0..<50 { try await rig.updates.validated(device.id, by: .hub) }
        }
        #expect(writes == 1)
        try await rig.updates.setMode(.off, of: device.id, by: .hub)
        var next = notices.makeAsyncIterator()
        #expect(await next.next()?.kind == .offer)
        #expect(await next.next()?.kind == .offer)
        #expect(await next.next()?.kind == .settings, "one of each, of the mode")
    }

    @Test func mode_ChangesTenTimes_ThenOnceAMinute() async throws {
        let (rig, device) = try await Self.joined()
        try await rig.updates.setManagedAllowed(true, of: device.id, by: .hub)
        let before = try await device.events("device.updates").count
        for round in 0..<10 {
            let wish: UpdateMode = round.isMultiple(of: 2) ? .deviceManaged : .automatic
            #expect(try await rig.updates.requestMode(wish, of: device.id, by: .hub) == wish)
            #expect(try await rig.updates.requestMode(wish, of: device.id, by: .hub) == wish)
        }
        for _ in 0..<5 {
            #expect(try await rig.updates.requestMode(.deviceManaged, of: device.id, by: .hub) == .automatic)
        }
        #expect(try await device.events("device.updates").count == before + 10)
        rig.clock.advance(by: 60)
        #expect(try await rig.updates.requestMode(.deviceManaged, of: device.id, by: .hub) == .deviceManaged)
        #expect(try await rig.updates.requestMode(.automatic, of: device.id, by: .hub) == .deviceManaged)
    }

    @Test(arguments: [false, true]) func reportsOfAnUpdateTheHubDidNotStart_AreTakenEveryFifteenSeconds(
        joins: Bool
    ) async throws {
        var (rig, device) = try await Self.joined()
        let writes = try await Self.writes(rig) {
            for _ in 0..<150 {
                for report in [LinkStatus.started(interface: nil), .received, .updating(3), .failed(reason: "x")] {
                    try await device.says(report)
                    if joins { try await device.join() }
                }
                rig.clock.advance(by: 1)
            }
        }
        // Its beginning, its end, and the joins that forget them.
        #expect(writes <= 10 * (joins ? 4 : 2))
        #expect(writes >= 10)
    }

    @Test func updateOfTheHub_IsTold_RightAfterOneThatTheDeviceBegan() async throws {
        let (rig, device) = try await Self.joined()
        try await device.says(.updating(30))
        try await device.says(.failed(reason: ""))
        try await rig.firmware("0.2.0")
        let deployment = try await rig.deploy("widget-0.2.0", to: [device.id])
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(.received)
        #expect(try await rig.state(deployment, device) == .downloading)
    }

    @Test func sameReportAgain_OrAJoinThatGoesOn_CostsAWriteEveryFifteenSeconds() async throws {
        var (rig, device) = try await Self.joined()
        try await rig.firmware("0.2.0")
        _ = try await rig.deploy("widget-0.2.0", to: [device.id])
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(.started(interface: nil))
        let writes = try await Self.writes(rig) {
            for round in 0..<60 {
                for _ in 0..<5 {
                    try await device.says(.started(interface: "eth\(round)"))
                    try await device.says(.received)
                    try await device.join(downloading: "0.2.0")
                }
                rig.clock.advance(by: 1)
            }
        }
        #expect((1...8).contains(writes))
    }
}
