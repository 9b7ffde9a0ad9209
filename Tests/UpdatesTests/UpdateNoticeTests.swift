import Devices
internal import HubDaemon
import HubTestSupport
import Issuing
import Journal
import Testing
import Wire

@testable import Updates

/// Who is told that something is there for devices, and when.
@Suite struct UpdateNoticeTests {
    /// What is announced while something is done, in order; it is waited for a last notice of its own.
    private func notices(
        _ hub: UpdateHub, _ work: () async throws -> Void
    ) async throws -> [UpdateNotice] {
        let stream = hub.updates.notices.subscribe()
        try await work()
        hub.updates.notices.send(.abort, to: ["end of test"])
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
        let hub = try await UpdateHub()
        let devices = try await hub.devices(3).sorted()
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let seen = try await notices(hub) {
            let stream = hub.updates.notices.subscribe()
            let deployment = try await hub.deploy("rel-1", to: Array(devices.prefix(2)))
            var next = stream.makeAsyncIterator()
            #expect(await next.next() == offer(Array(devices.prefix(2))))
            #expect(try await hub.next(devices[0]) == deployment.id)
        }
        #expect(seen == [offer(Array(devices.prefix(2)))])
    }

    @Test func deploymentThatIsRefused_OrWaitsForItsTime_IsNotAnnounced() async throws {
        let hub = try await UpdateHub()
        let device = try await hub.device("a")
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let seen = try await notices(hub) {
            await #expect(throws: UpdatesError.self) { _ = try await hub.deploy("rel-2", to: [device]) }
            _ = try await hub.deploy("rel-1", to: [device]) {
                $0.phases = [.init(id: UniqueID.make(), percent: nil, startsAt: hub.clock.now + 60)]
            }
        }
        #expect(seen.isEmpty)
    }

    @Test func filter_ReachesTheDevicesThatMatchNow() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(2)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        try await hub.rooms.devices.mergeInventory(
            InventoryReport([.init(name: "place", value: .string("attic"))]), of: devices[1])
        let filter = #"[{"scope":"inventory","attribute":"place","type":"$eq","value":"attic"}]"#
        let seen = try await notices(hub) {
            _ = try await hub.updates.deploy(
                NewDeployment(name: "d", artifactName: "rel-1", target: .filter(filter)), by: .hub)
        }
        #expect(seen == [offer([devices[1]])])
    }

    @Test func resumedDeployment_IsAnnouncedToThoseThatAreNotDone() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(3).sorted()
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let deployment = try await hub.deploy("rel-1", to: devices)
        for device in devices.prefix(2) { _ = try await hub.next(device) }
        try await hub.report(.success, deployment, devices[0])
        let seen = try await notices(hub) {
            try await hub.updates.pause(deployment.id, by: .hub)
            try await hub.updates.resume(deployment.id, by: .hub)
        }
        #expect(seen == [offer(Array(devices.suffix(2)))])
    }

    @Test func releasedHoldPoint_IsAnnounced_OfAPausedDeploymentToThoseAtWork() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(2).sorted()
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let deployment = try await hub.deploy("rel-1", to: devices) {
            $0.holdPoints = HoldPoints(rules: [.install: .init(action: .pause), .commit: .init(action: .pause)])
        }
        _ = try await hub.next(devices[1])
        let seen = try await notices(hub) {
            #expect(try await hub.updates.release(.install, of: deployment.id, by: .hub))
            try await hub.updates.pause(deployment.id, by: .hub)
            try await hub.updates.setHoldPoints([:], of: deployment.id, by: .hub)
        }
        #expect(seen == [offer([devices[1], devices[0]]), offer([devices[1]])])
    }

    @Test func abort_IsAnnouncedToThoseAtWork() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(2)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let first = try await hub.deploy("rel-1", to: devices)
        _ = try await hub.next(devices[0])
        let seen = try await notices(hub) { try await hub.updates.abort(first.id, by: .hub) }
        #expect(seen == [UpdateNotice(kind: .abort, devices: [DeviceID(devices[0])])])
        _ = try await hub.deploy("rel-1", to: devices)
        _ = try await hub.next(devices[1])
        let single = try await notices(hub) {
            for device in devices { try await hub.updates.abortAll(ofDevice: device, by: .hub) }
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
