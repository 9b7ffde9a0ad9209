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
