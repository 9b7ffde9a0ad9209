internal import Devices
internal import Journal
internal import JournalTestSupport
internal import RecordTestSupport
internal import Rooms
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// What an operator decides about one device, and what is pushed to it.
@Suite struct UpdateSettingsTests {
    private static func rig() async throws -> (rig: UpdatesRig, device: LiveDevice) {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        try await device.join()
        try await rig.firmware("0.2.0")
        return (rig, device)
    }

    /// What a device gets on each occasion, by its mode.
    private static let modes: [(UpdateMode, Set<DeviceReport.Occasion>)] = [
        (.automatic, [.poll, .push, .request]), (.deviceManaged, [.poll, .request]), (.off, []),
    ]

    @Test(arguments: DeviceReport.Occasion.allCases) func mode_SaysWhoBringsUpdates(
        occasion: DeviceReport.Occasion
    ) async throws {
        for (mode, occasions) in Self.modes {
            let (rig, device) = try await Self.rig()
            try await rig.updates.setMode(mode, of: device.id, by: .hub)
            _ = try await rig.deploy("widget-0.2.0", to: [device.id])
            #expect((try await device.sent(occasion) != nil) == occasions.contains(occasion), "\(mode)")
        }
    }

    @Test func updatesThatAreOff_StayOff_UntilTheyAreOn() async throws {
        let (rig, device) = try await Self.rig()
        try await rig.updates.setEnabled(false, of: device.id, by: .hub)
        let deployment = try await rig.deploy("widget-0.2.0", to: [device.id])
        for occasion in DeviceReport.Occasion.allCases { #expect(try await device.sent(occasion) == nil) }
        let notices = rig.updates.notices.subscribe()
        try await rig.updates.setEnabled(true, of: device.id, by: .hub)
        var next = notices.makeAsyncIterator()
        #expect(await next.next() == UpdateNotice(kind: .offer, devices: [DeviceID(device.id)]))
        #expect(try await device.sent() == "widget-0.2.0")
        #expect(try await rig.state(deployment, device) == .pending)
    }

    @Test func unvalidatedFirmware_IsLeftAlone_ByAllButAPush() async throws {
        var (rig, device) = try await Self.rig()
        device.running.isValidated = false
        _ = try await rig.rollOut("0.2.0")
        #expect(try await device.sent() == nil)
        _ = try await rig.updates.push("widget-0.2.0", to: device.id, by: .hub)
        #expect(try await device.sent() == "widget-0.2.0")
    }

    @Test func operator_EndsTheWaiting() async throws {
        let (rig, device) = try await Self.rig()
        _ = try await rig.rollOut("0.2.0") { $0.penaltyMinutes = 10 }
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(.failed(reason: ""))
        #expect(try await device.sent() == nil)
        let settings = try await rig.updates.unblock(device.id, by: .hub)
        #expect(settings.waitsUntil(now: rig.clock.now) == nil && settings.attempts.isEmpty)
        #expect(try await device.sent() == "widget-0.2.0")
    }

    @Test func enabling_ForgetsTheTries() async throws {
        let (rig, device) = try await Self.rig()
        _ = try await rig.rollOut("0.2.0")
        #expect(try await device.sent() != nil)
        try await device.says(.received)
        try await rig.updates.setEnabled(true, of: device.id, by: .hub)
        #expect(try await device.settings().attempts.count == 1, "it was on")
        try await rig.updates.setEnabled(false, of: device.id, by: .hub)
        #expect(try await device.settings().attempts.count == 1)
        try await rig.updates.setEnabled(true, of: device.id, by: .hub)
        #expect(try await device.settings().attempts.isEmpty)
    }

    @Test func attempts_AreBounded() {
        var settings = UpdateSettings()
        for second in 0..<200 as Range<Int64> { settings.addAttempt(at: second) }
        #expect(settings.attempts == Array(150..<200))
    }

    /// docs/protocols/device-link.md 9: mode, grant, wish, mode afterwards.
    private static let wishes: [(UpdateMode, Bool, UpdateMode, UpdateMode)] = [
        (.automatic, false, .deviceManaged, .automatic), (.automatic, true, .deviceManaged, .deviceManaged),
        (.automatic, true, .off, .automatic), (.deviceManaged, true, .off, .deviceManaged),
        (.deviceManaged, false, .automatic, .automatic), (.deviceManaged, true, .automatic, .automatic),
        (.off, true, .automatic, .off), (.off, true, .deviceManaged, .off),
    ]

    @Test func device_ChoosesItsMode_AsFarAsItMay() async throws {
        let (rig, device) = try await Self.rig()
        for (mode, isGranted, wish, result) in Self.wishes {
            try await rig.updates.setMode(mode, of: device.id, by: .hub)
            try await rig.updates.setManagedAllowed(isGranted, of: device.id, by: .hub)
            #expect(try await rig.updates.requestMode(wish, of: device.id, by: .hub) == result)
            #expect(try await device.settings().mode == result)
        }
    }

    @Test func changes_AreAuditedOnce_OfKnownDevicesOnly() async throws {
        let (rig, device) = try await Self.rig()
        for _ in 0..<2 {
            try await rig.updates.setEnabled(false, of: device.id, by: .hub)
            try await rig.updates.setMode(.off, of: device.id, by: .hub)
            try await rig.updates.setManagedAllowed(true, of: device.id, by: .hub)
            try await rig.updates.unblock(device.id, by: .hub)
        }
        let events = try await rig.rooms.journal.auditEvents(before: nil, subject: device.id, limit: 100)
        #expect(events.count { $0.action == "device.updates" } == 3)
        await #expect(throws: DevicesError.unknownDevice("nobody")) {
            try await rig.updates.unblock("nobody", by: .hub)
        }
        #expect(try await rig.updates.settings(of: "nobody") == UpdateSettings())
    }

    @Test func available_SaysWhatWouldBeSent_AndTakesNothing() async throws {
        var (rig, device) = try await Self.rig()
        func available() async throws -> String? {
            try await rig.updates.available(device.id, DeviceReport(device.running, occasion: .push))?.artifact?.name
        }
        #expect(try await available() == nil)
        let deployment = try await rig.rollOut("0.2.0")
        try await rig.updates.setMode(.deviceManaged, of: device.id, by: .hub)
        #expect(try await available() == "widget-0.2.0")
        #expect(try await rig.state(deployment, device) == nil)
        #expect(try await device.sent() == nil)
        #expect(try await device.sent(.request) == "widget-0.2.0")
        #expect(try await available() == nil)
        try await device.says(.completed)
        try await device.join("0.2.0")
        #expect(try await available() == nil)
    }

    @Test func settings_OutliveARestart() async throws {
        let (rig, device) = try await Self.rig()
        _ = try await rig.rollOut("0.2.0") { $0.penaltyMinutes = 10 }
        #expect(try await device.sent() != nil)
        try await device.says(.failed(reason: "x"))
        try await device.says(.updating(5))
        try await rig.updates.setMode(.deviceManaged, of: device.id, by: .hub)
        try await rig.updates.setManagedAllowed(true, of: device.id, by: .hub)
        let settings = try await device.settings()
        let again = try await UpdatesRig.make(folder: rig.folder, clock: rig.clock)
        #expect(try await again.updates.settings(of: device.id) == settings)
        #expect(settings.flight?.note == "5 %")
    }
}
