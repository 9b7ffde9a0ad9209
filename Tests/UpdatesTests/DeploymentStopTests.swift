import Issuing
internal import Journal
internal import JournalTestSupport
internal import Rooms
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// Deployments that stop by themselves, pause, or are ended.
@Suite struct DeploymentStopTests {
    @Test func tooManyFailures_StopIt_ResumingGoesOn() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(4)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) {
            $0.stopRule = .init(failurePercent: 50, afterDevices: 2)
        }
        for device in devices.prefix(3) { _ = try await rig.next(device) }
        try await rig.report(.success, deployment, devices[0])
        #expect(try await rig.now(deployment).pauseReason == nil)
        try await rig.report(.failure, deployment, devices[1])
        #expect(try await rig.now(deployment).pauseReason == "failures")
        #expect(try await rig.now(deployment).status(now: rig.clock.now) == .paused)
        #expect(try await rig.next(devices[3]) == nil)
        // The one at work goes on.
        #expect(try await rig.next(devices[2]) == deployment.id)
        try await rig.report(.failure, deployment, devices[2])
        try await rig.updates.resume(deployment.id, by: .hub)
        #expect(try await rig.next(devices[3]) == deployment.id)
        try await rig.report(.failure, deployment, devices[3])
        #expect(try await rig.now(deployment).state == .finished)
        await #expect(throws: UpdatesError.deploymentFinished) { try await rig.updates.resume(deployment.id, by: .hub) }
        await #expect(throws: UpdatesError.deploymentFinished) { try await rig.updates.pause(deployment.id, by: .hub) }
    }

    @Test func pausedDeployment_LetsNobodyBegin_NorTryAgain() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(2)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) { $0.retries = 1 }
        _ = try await rig.next(devices[0])
        try await rig.updates.pause(deployment.id, by: .hub)
        #expect(try await rig.next(devices[0]) == deployment.id)
        try await rig.report(.failure, deployment, devices[0])
        #expect(try await rig.next(devices[0]) == nil)
        #expect(try await rig.next(devices[1]) == nil)
        try await rig.updates.resume(deployment.id, by: .hub)
        #expect(try await rig.next(devices[0]) == deployment.id)
        #expect(try await rig.next(devices[1]) == deployment.id)
    }

    @Test func abort_EndsItForAll_WithoutFinishingOrStoppingIt() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(4)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) {
            $0.stopRule = .init(failurePercent: 10, afterDevices: 3)
        }
        for device in devices { _ = try await rig.next(device) }
        try await rig.report(.failure, deployment, devices[0])
        try await rig.report(.installing, deployment, devices[1])
        try await rig.updates.abort(deployment.id, by: .hub)
        let now = try await rig.now(deployment)
        #expect(now.state == .finished && now.isAborted && now.pauseReason == nil)
        #expect(try await rig.statistics(deployment) == [.failure: 1, .aborted: 3])
        await #expect(throws: UpdatesError.aborted) { try await rig.report(.success, deployment, devices[1]) }
        await #expect(throws: UpdatesError.deploymentFinished) { try await rig.updates.abort(deployment.id, by: .hub) }
        let actions = try await rig.rooms.journal.auditEvents(before: nil, subject: deployment.id, limit: 100).map(
            \.action)
        #expect(!actions.contains("deployment.finish") && !actions.contains("deployment.pause"))
    }

    @Test func abortingAllOfADevice_LeavesTheOthers() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(2)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let first = try await rig.deploy("rel-1", to: devices)
        let second = try await rig.deploy("rel-1", to: devices, name: "second")
        _ = try await rig.next(devices[0])
        try await rig.updates.abortAll(ofDevice: devices[0], by: .hub)
        #expect(try await rig.next(devices[0]) == nil)
        #expect(try await rig.statistics(first) == [.aborted: 1, .pending: 1])
        #expect(try await rig.statistics(second) == [.aborted: 1, .pending: 1])
        #expect(try await rig.next(devices[1]) == first.id)
    }
}
