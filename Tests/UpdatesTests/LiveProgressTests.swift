internal import Journal
internal import JournalTestSupport
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// Percent of devices: shown at once, written down now and then; and devices that fall silent.
@Suite struct LiveProgressTests {
    private static func sent() async throws -> (rig: UpdatesRig, deployment: Deployment, device: LiveDevice) {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        try await device.join()
        try await rig.firmware("0.2.0")
        let deployment = try await rig.deploy("widget-0.2.0", to: [device.id])
        #expect(try await device.sent() == "widget-0.2.0")
        return (rig, deployment, device)
    }

    @Test func percent_IsShownAtOnce_AndWrittenDownEveryFifteenSeconds() async throws {
        let (rig, deployment, device) = try await Self.sent()
        for percent in 0..<60 {
            try await device.says(.downloading(percent))
            #expect(rig.updates.progress(of: deployment.id) == [DeviceID(device.id): percent])
            #expect(try await rig.substate(deployment, device) == "\(percent / 15 * 15) %")
            rig.clock.advance(by: 1)
        }
        try await device.says(.updating(0))
        #expect(try await rig.substate(deployment, device) == "0 %")
        #expect(try await rig.state(deployment, device) == .installing)
        #expect(rig.updates.progress(of: "another").isEmpty)
    }

    @Test(arguments: [0, 20] as [Int64]) func whatGoesBack_IsPassedOver(pause: Int64) async throws {
        let (rig, deployment, device) = try await Self.sent()
        try await device.says(.updating(50))
        for report in [LinkStatus.updating(49), .downloading(99), .started(interface: nil), .received] {
            rig.clock.advance(by: pause)
            try await device.says(report)
            #expect(rig.updates.progress(of: deployment.id) == [DeviceID(device.id): 50])
            #expect(try await rig.state(deployment, device) == .installing)
        }
        try await device.says(.completed)
        try await device.says(.updating(100))
        #expect(try await rig.state(deployment, device) == .rebooting)
    }

    @Test(arguments: [(-5, 0), (101, 100), (Int.max, 100), (Int.min, 0)])
    func percentOutOfRange_IsTheNearest(said: Int, shown: Int) async throws {
        let (rig, deployment, device) = try await Self.sent()
        try await device.says(.downloading(said))
        #expect(rig.updates.progress(of: deployment.id) == [DeviceID(device.id): shown])
    }

    @Test func restartOfTheHub_GoesOnWhereItWasWrittenDown() async throws {
        let (rig, deployment, device) = try await Self.sent()
        try await device.says(.updating(50))
        let again = try await UpdatesRig.make(folder: rig.folder, clock: rig.clock)
        try await again.updates.report(.updating(40), device: device.id, by: .hub)
        #expect(again.updates.progress(of: deployment.id) == [DeviceID(device.id): 50])
        try await again.updates.report(.updating(60), device: device.id, by: .hub)
        #expect(again.updates.progress(of: deployment.id) == [DeviceID(device.id): 60])
    }

    @Test func silentUpdate_EndsAfterHalfAnHour_AndIsSentAgain() async throws {
        var (rig, deployment, device) = try await Self.sent()
        try await device.says(.updating(50))
        rig.clock.advance(by: 1800)
        try await rig.updates.expireSilent()
        #expect(try await rig.state(deployment, device) == .installing)
        rig.clock.advance(by: 1)
        try await rig.updates.expireSilent()
        #expect(try await rig.state(deployment, device) == .pending)
        #expect(try await rig.substate(deployment, device) == "said nothing for 30 minutes")
        #expect(rig.updates.progress(of: deployment.id).isEmpty)
        #expect(try await device.sent() == "widget-0.2.0")
        rig.clock.advance(by: 1801)
        try await rig.updates.expireSilent()
        // It was at work all the time.
        try await device.join("0.2.0")
        #expect(try await rig.state(deployment, device) == .success)
        #expect(try await rig.now(deployment).state == .finished)
    }

    @Test func wordOfADevice_KeepsItsUpdateAlive() async throws {
        let (rig, deployment, device) = try await Self.sent()
        for _ in 0..<4 {
            rig.clock.advance(by: 1700)
            try await device.says(.updating(50))
            try await rig.updates.expireSilent()
        }
        #expect(try await rig.state(deployment, device) == .installing)
    }

    @Test func progressThatStartsOver_KeepsTheUpdateAlive_AndIsNotShown() async throws {
        let (rig, deployment, device) = try await Self.sent()
        try await device.says(.downloading(80))
        try await device.says(.downloading(90))
        for round in 0..<40 {
            rig.clock.advance(by: 60)
            try await device.says(.downloading(round))
            try await rig.updates.expireSilent()
            #expect(rig.updates.progress(of: deployment.id) == [DeviceID(device.id): 90])
            #expect(try await device.settings().flight?.changedAt == rig.clock.now)
        }
        #expect(try await rig.state(deployment, device) == .downloading)
        #expect(try await rig.substate(deployment, device) == "80 %")
    }

    @Test func clockSetBack_NeitherEndsNorKeepsAnUpdate() async throws {
        let (rig, deployment, device) = try await Self.sent()
        try await device.says(.updating(50))
        rig.clock.advance(by: -86_400)
        try await rig.updates.expireSilent()
        #expect(try await rig.state(deployment, device) == .installing)
        rig.clock.advance(by: 1801)
        try await rig.updates.expireSilent()
        #expect(try await rig.state(deployment, device) == .pending)
    }
}
