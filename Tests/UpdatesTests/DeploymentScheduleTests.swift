import Issuing
internal import JournalTestSupport
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// When devices begin: phases, schedules, windows, and clocks that were wrong.
@Suite struct DeploymentScheduleTests {
    @Test func phases_LetInAsManyAsTheyShould_InTheOrderTheyAsk() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(10)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let start = rig.clock.now
        let deployment = try await rig.deploy("rel-1", to: devices) {
            $0.phases = [
                .init(id: "a", percent: 20, startsAt: start + 10), .init(id: "b", percent: 30, startsAt: start + 20),
                .init(id: "c", percent: nil, startsAt: start + 30),
            ]
        }
        func ask() async throws -> Int {
            var told = 0
            for device in devices.reversed() where try await rig.next(device) != nil { told += 1 }
            return told
        }
        #expect(try await rig.now(deployment).status(now: rig.clock.now) == .scheduled)
        #expect(try await ask() == 0)
        rig.clock.advance(by: 10)
        #expect(try await ask() == 2)
        #expect(try await ask() == 2)
        #expect(try await rig.installations(deployment).map(\.deviceID).allSatisfy(devices.suffix(2).contains))
        rig.clock.advance(by: 10)
        #expect(try await ask() == 5)
        rig.clock.advance(by: 10)
        #expect(try await ask() == 10)
    }

    @Test func firstPhaseInThePast_BeginsAtOnce_AlsoForDevicesThatHadOthers() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let first = try await rig.deploy("rel-1", to: devices)
        #expect(try await rig.next(devices[0]) == first.id)
        try await rig.report(.success, first, devices[0])
        let past = rig.clock.now - 86_400
        let second = try await rig.deploy("rel-1", to: devices, name: "second") {
            $0.phases = [.init(id: "a", percent: 100, startsAt: past)]
        }
        #expect(try await rig.next(devices[0]) == second.id)
    }

    @Test func clockSetBack_DoesNotHoldDeploymentsUp() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        rig.clock.advance(by: 86_400 * 365)
        let first = try await rig.deploy("rel-1", to: devices)
        let second = try await rig.deploy("rel-1", to: devices, name: "second")
        #expect(try await rig.next(devices[0]) == first.id)
        try await rig.report(.success, first, devices[0])
        rig.clock.advance(by: -86_400 * 365)
        #expect(try await rig.next(devices[0]) == second.id)
        try await rig.report(.success, second, devices[0])
        let third = try await rig.deploy("rel-1", to: devices, name: "third")
        #expect(try await rig.next(devices[0]) == third.id)
    }

    @Test func scheduledDeployment_ComesAtItsTime_BehindLaterOnesThatWereNotScheduled() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let start = rig.clock.now + 1000
        let scheduled = try await rig.deploy("rel-1", to: devices) {
            $0.phases = [.init(id: "a", percent: nil, startsAt: start)]
        }
        let direct = try await rig.deploy("rel-1", to: devices, name: "direct")
        #expect(try await rig.next(devices[0]) == direct.id)
        try await rig.report(.success, direct, devices[0])
        #expect(try await rig.next(devices[0]) == nil)
        rig.clock.advance(by: 1000)
        #expect(try await rig.next(devices[0]) == scheduled.id)
    }

    @Test func window_DecidesWhenDevicesBegin_NotWhenTheyGoOn() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let rig = try await UpdatesRig.make(clock: clock)
        let time = TimeOfWeek(clock.now)
        let devices = try await rig.devices(2)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) {
            let from = (time.minute + 60) % 1440
            $0.windows = [.init(days: [], from: from, to: (from + 30) % 1440)]
        }
        #expect(try await rig.next(devices[0]) == nil)
        clock.advance(by: 3600)
        #expect(try await rig.next(devices[0]) == deployment.id)
        clock.advance(by: 1800)
        #expect(try await rig.next(devices[0]) == deployment.id)
        #expect(try await rig.next(devices[1]) == nil)
    }
}
