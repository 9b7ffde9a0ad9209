import Devices
internal import HubDaemon
import HubTestSupport
import Issuing
import Journal
import Testing

@testable import Updates

/// Deployments that stop by themselves, pause, or are ended.
@Suite struct DeploymentStopTests {
    @Test func tooManyFailures_StopIt_ResumingGoesOn() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(4)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let deployment = try await hub.deploy("rel-1", to: devices) {
            $0.stopRule = .init(failurePercent: 50, afterDevices: 2)
        }
        for device in devices.prefix(3) { _ = try await hub.next(device) }
        try await hub.report(.success, deployment, devices[0])
        #expect(try await hub.now(deployment).pauseReason == nil)
        try await hub.report(.failure, deployment, devices[1])
        #expect(try await hub.now(deployment).pauseReason == "failures")
        #expect(try await hub.now(deployment).status(now: hub.clock.now) == .paused)
        #expect(try await hub.next(devices[3]) == nil)
        // The one at work goes on.
        #expect(try await hub.next(devices[2]) == deployment.id)
        try await hub.report(.failure, deployment, devices[2])
        try await hub.updates.resume(deployment.id, by: .hub)
        #expect(try await hub.next(devices[3]) == deployment.id)
        try await hub.report(.failure, deployment, devices[3])
        #expect(try await hub.now(deployment).state == .finished)
        await #expect(throws: UpdatesError.deploymentFinished) { try await hub.updates.resume(deployment.id, by: .hub) }
        await #expect(throws: UpdatesError.deploymentFinished) { try await hub.updates.pause(deployment.id, by: .hub) }
    }

    @Test func pausedDeployment_LetsNobodyBegin_NorTryAgain() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(2)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let deployment = try await hub.deploy("rel-1", to: devices) { $0.retries = 1 }
        _ = try await hub.next(devices[0])
        try await hub.updates.pause(deployment.id, by: .hub)
        #expect(try await hub.next(devices[0]) == deployment.id)
        try await hub.report(.failure, deployment, devices[0])
        #expect(try await hub.next(devices[0]) == nil)
        #expect(try await hub.next(devices[1]) == nil)
        try await hub.updates.resume(deployment.id, by: .hub)
        #expect(try await hub.next(devices[0]) == deployment.id)
        #expect(try await hub.next(devices[1]) == deployment.id)
    }

    @Test func abort_EndsItForAll_WithoutFinishingOrStoppingIt() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(4)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let deployment = try await hub.deploy("rel-1", to: devices) {
            $0.stopRule = .init(failurePercent: 10, afterDevices: 3)
        }
        for device in devices { _ = try await hub.next(device) }
        try await hub.report(.failure, deployment, devices[0])
        try await hub.report(.installing, deployment, devices[1])
        try await hub.updates.abort(deployment.id, by: .hub)
        let now = try await hub.now(deployment)
        #expect(now.state == .finished && now.isAborted && now.pauseReason == nil)
        #expect(try await hub.statistics(deployment) == [.failure: 1, .aborted: 3])
        await #expect(throws: UpdatesError.aborted) { try await hub.report(.success, deployment, devices[1]) }
        await #expect(throws: UpdatesError.deploymentFinished) { try await hub.updates.abort(deployment.id, by: .hub) }
        let actions = try await hub.rooms.journal.auditEvents(before: nil, subject: deployment.id, limit: 100).map(
            \.action)
        #expect(!actions.contains("deployment.finish") && !actions.contains("deployment.pause"))
    }

    @Test func abortingAllOfADevice_LeavesTheOthers() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(2)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let first = try await hub.deploy("rel-1", to: devices)
        let second = try await hub.deploy("rel-1", to: devices, name: "second")
        _ = try await hub.next(devices[0])
        try await hub.updates.abortAll(ofDevice: devices[0], by: .hub)
        #expect(try await hub.next(devices[0]) == nil)
        #expect(try await hub.statistics(first) == [.aborted: 1, .pending: 1])
        #expect(try await hub.statistics(second) == [.aborted: 1, .pending: 1])
        #expect(try await hub.next(devices[1]) == first.id)
    }
}
