internal import Devices
import Issuing
import Journal
internal import JournalTestSupport
internal import Rooms
import Testing
import UpdatesTestSupport
import Wire

@testable import Updates

/// Who is told that something is there for devices, and when.
@Suite struct UpdateNoticeTests {
    /// What is announced while something is done, in order; it is waited for a last notice of its own.
    private func notices(
        _ rig: UpdatesRig, _ work: () async throws -> Void
    ) async throws -> [UpdateNotice] {
        let stream = rig.updates.notices.subscribe()
        try await work()
        rig.updates.notices.send(.abort, to: ["end of test"])
        var seen: [UpdateNotice] = []
        for await notice in stream {
            if notice.devices == [DeviceID("end of test")] { break }
            seen.append(notice)
        }
        return seen
    }

    private func offer(_ devices: [String]) -> UpdateNotice {
        UpdateNotice(kind: .offer, devices: devices.map { DeviceID($0) })
    }

    @Test func newDeployment_IsAnnouncedToItsDevices_WhenTheyCanHaveIt() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(3).sorted()
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let seen = try await notices(rig) {
            let stream = rig.updates.notices.subscribe()
            let deployment = try await rig.deploy("rel-1", to: Array(devices.prefix(2)))
            var next = stream.makeAsyncIterator()
            #expect(await next.next() == offer(Array(devices.prefix(2))))
            #expect(try await rig.next(devices[0]) == deployment.id)
        }
        #expect(seen == [offer(Array(devices.prefix(2)))])
    }

    @Test func deploymentThatIsRefused_OrWaitsForItsTime_IsNotAnnounced() async throws {
        let rig = try await UpdatesRig.make()
        let device = try await rig.device("a")
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let seen = try await notices(rig) {
            await #expect(throws: UpdatesError.self) { _ = try await rig.deploy("rel-2", to: [device]) }
            _ = try await rig.deploy("rel-1", to: [device]) {
                $0.phases = [.init(id: UniqueID.make(), percent: nil, startsAt: rig.clock.now + 60)]
            }
        }
        #expect(seen.isEmpty)
    }

    @Test func filter_ReachesTheDevicesThatMatchNow() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(2)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        try await rig.rooms.inventory.mergeInventory(
            InventoryReport([.init(name: "place", value: .string("attic"))]), of: devices[1])
        let filter = #"[{"scope":"inventory","attribute":"place","type":"$eq","value":"attic"}]"#
        let seen = try await notices(rig) {
            _ = try await rig.updates.deploy(
                NewDeployment(name: "d", artifactName: "rel-1", target: .filter(filter)), by: .hub)
        }
        #expect(seen == [offer([devices[1]])])
    }

    @Test func resumedDeployment_IsAnnouncedToThoseThatAreNotDone() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(3).sorted()
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices)
        for device in devices.prefix(2) { _ = try await rig.next(device) }
        try await rig.report(.success, deployment, devices[0])
        let seen = try await notices(rig) {
            try await rig.updates.pause(deployment.id, by: .hub)
            try await rig.updates.resume(deployment.id, by: .hub)
        }
        #expect(seen == [offer(Array(devices.suffix(2)))])
    }

    @Test func releasedHoldPoint_IsAnnounced_OfAPausedDeploymentToThoseAtWork() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(2).sorted()
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) {
            $0.holdPoints = HoldPoints(rules: [.install: .init(action: .pause), .commit: .init(action: .pause)])
        }
        _ = try await rig.next(devices[1])
        let seen = try await notices(rig) {
            #expect(try await rig.updates.release(.install, of: deployment.id, by: .hub))
            try await rig.updates.pause(deployment.id, by: .hub)
            try await rig.updates.setHoldPoints([:], of: deployment.id, by: .hub)
        }
        #expect(seen == [offer([devices[1], devices[0]]), offer([devices[1]])])
    }

    @Test func abort_IsAnnouncedToThoseAtWork() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(2)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let first = try await rig.deploy("rel-1", to: devices)
        _ = try await rig.next(devices[0])
        let seen = try await notices(rig) { try await rig.updates.abort(first.id, by: .hub) }
        #expect(seen == [UpdateNotice(kind: .abort, devices: [DeviceID(devices[0])])])
        _ = try await rig.deploy("rel-1", to: devices)
        _ = try await rig.next(devices[1])
        let single = try await notices(rig) {
            for device in devices { try await rig.updates.abortAll(ofDevice: device, by: .hub) }
        }
        #expect(single == [UpdateNotice(kind: .abort, devices: [DeviceID(devices[1])])])
    }

    private func widgets(_ count: Int) async throws -> (rig: UpdatesRig, devices: [LiveDevice]) {
        let rig = try await UpdatesRig.make()
        var devices: [LiveDevice] = []
        for number in 0..<count { devices.append(try await LiveDevice(rig, "widget \(number)")) }
        for index in devices.indices { try await devices[index].join() }
        try await rig.firmware("0.2.0")
        return (rig, devices.sorted { DeviceID($0.id) < DeviceID($1.id) })
    }

    @Test func freePlace_IsAnnouncedWithHowManyMayBegin() async throws {
        let (rig, devices) = try await widgets(4)
        let ids = Set(devices.map { DeviceID($0.id) })
        let seen = try await notices(rig) {
            _ = try await rig.rollOut("0.2.0") { $0.concurrent = 2 }
            for device in devices { _ = try await device.sent() }
            try await devices[0].says(.received)
            try await devices[0].says(.failed(reason: ""))
        }
        try #require(seen.count == 3)
        #expect(Set(seen[0].devices) == ids && seen[0].slots == 2)
        #expect(Set(seen[1].devices) == ids && seen[1].slots == 1)
        #expect(seen[2] == offer([devices[0].id]))
    }

    @Test func placesThatBecomeFreeInOneSecond_AreAnnouncedTogether() async throws {
        let slots = FreedSlots()
        #expect(slots.take("a"))
        #expect(slots.take("b"))
        for _ in 0..<5 { #expect(!slots.take("a")) }
        #expect(slots.takeWaiting().isEmpty)
        try await Task.sleep(for: .milliseconds(1100))
        #expect(slots.takeWaiting() == ["a"])
        #expect(slots.takeWaiting().isEmpty)
        #expect(!slots.take("a"))
    }

    @Test func whatBeginsByTheClock_IsDueThen() async throws {
        let (rig, devices) = try await widgets(2)
        let ids = devices.map { DeviceID($0.id) }
        let start = rig.clock.now + 60
        let deployment = try await rig.deploy("widget-0.2.0", to: devices.map(\.id)) {
            $0.phases = [.init(id: "a", percent: nil, startsAt: start)]
            $0.penaltyMinutes = 1
        }
        #expect(try await rig.updates.due().isEmpty)
        rig.clock.advance(by: 60)
        #expect(try await rig.updates.due() == ids)
        let seen = try await notices(rig) { try await rig.updates.announceDue() }
        #expect(seen == [offer(devices.map(\.id))])
        try await rig.updates.pause(deployment.id, by: .hub)
        #expect(try await rig.updates.due().isEmpty)
        try await rig.updates.resume(deployment.id, by: .hub)
        #expect(try await devices[0].sent() != nil)
        try await devices[0].says(.completed)
        var first = devices[0]
        try await first.join("0.2.0")
        #expect(try await rig.updates.due() == [ids[1]])
    }

    @Test func devicesBeyondOneLook_HaveTheirTurn() {
        let cursor = DueCursor()
        let devices = (0..<7).map { DeviceID("\($0)") }
        #expect(cursor.turn(devices, limit: 7) == devices)
        var seen: [DeviceID] = []
        for _ in 0..<7 { seen += cursor.turn(devices, limit: 3) }
        for device in devices { #expect(seen.count { $0 == device } == 3) }
        #expect(cursor.turn([], limit: 3).isEmpty)
    }

    @Test func validation_IsAnnouncedToTheDevice() async throws {
        let (rig, devices) = try await widgets(1)
        let seen = try await notices(rig) { try await rig.updates.validated(devices[0].id, by: .hub) }
        #expect(seen == [offer([devices[0].id])])
    }

    @Test func subscriberThatLeft_IsForgotten_AndAnIdleOneKeepsTheNewest() async throws {
        let notices = UpdateNotices()
        do {
            let stream = notices.subscribe()
            #expect(notices.isHeard)
            _ = stream
        }
        #expect(!notices.isHeard)
        let idle = notices.subscribe()
        let sent = UpdateNotices.waitingLimit + 10
        for number in 0..<sent { notices.send(.offer, to: ["\(number)"]) }
        var iterator = idle.makeAsyncIterator()
        #expect(await iterator.next()?.devices == [DeviceID("10")])
    }
}
