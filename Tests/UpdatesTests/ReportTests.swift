internal import Journal
internal import JournalTestSupport
internal import Rooms
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// docs/protocols/mender.md 7.3, 7.4: what devices report, in whatever order and however often.
@Suite struct ReportTests {
    /// A device that was told to install.
    private static func begun(
        _ change: (inout RolloutPlan) -> Void = { _ in }
    ) async throws -> (rig: UpdatesRig, deployment: Deployment, device: String) {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices, change)
        #expect(try await rig.next(devices[0]) == deployment.id)
        return (rig, deployment, devices[0])
    }

    private static func actions(_ rig: UpdatesRig) async throws -> [String] {
        try await rig.rooms.journal.auditEvents(before: nil, subject: nil, limit: 1000).map(\.action)
            .filter { $0.hasPrefix("deployment.") }
    }

    @Test func substate_BelongsToItsTry() async throws {
        let rig = try await UpdatesRig.make()
        let device = try await rig.device("1")
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: [device]) { $0.retries = 1 }
        func substate() async throws -> String? { try await rig.installations(deployment).first?.substate }
        #expect(try await rig.next(device) != nil)
        try await rig.updates.report(.installing, substate: "script", of: deployment.id, device: device, by: .hub)
        try await rig.report(.failure, deployment, device)
        #expect(try await substate() == "script")
        #expect(try await rig.next(device) != nil)
        try await rig.report(.downloading, deployment, device)
        #expect(try await substate() == "")
        try await rig.updates.report(.installing, substate: "again", of: deployment.id, device: device, by: .hub)
        try await rig.report(.success, deployment, device)
        #expect(try await substate() == "again")
    }

    @Test func goingBackAndForth_AfterTheEnd_NeitherReopensIt_NorFillsTheAuditTrail() async throws {
        let (rig, deployment, device) = try await Self.begun()
        try await rig.report(.installing, deployment, device)
        try await rig.report(.success, deployment, device)
        let ended = try await rig.now(deployment)
        let actions = try await Self.actions(rig)
        for _ in 0..<20 {
            rig.clock.advance(by: 1)
            try await rig.report(.installing, deployment, device)
            try await rig.report(.success, deployment, device)
        }
        try await rig.updates.report(.failure, substate: "late", of: deployment.id, device: device, by: .hub)
        #expect(try await rig.now(deployment) == ended)
        #expect(ended.state == .finished)
        #expect(try await Self.actions(rig) == actions)
        let one = try #require(try await rig.installations(deployment).first)
        #expect(one.status == .success)
        #expect(one.substate.isEmpty)
        #expect(one.lateReport == LateReport(status: .failure, substate: "late", count: 21))
        #expect(try await rig.statistics(deployment) == [.success: 1])
        #expect(try await rig.next(device) == nil)
    }

    @Test func eachState_IsAuditedOncePerTry() async throws {
        let (rig, deployment, device) = try await Self.begun { $0.retries = 1 }
        func reports() async throws -> Int {
            try await Self.actions(rig).filter { $0 == "deployment.report" }.count
        }
        for _ in 0..<10 {
            try await rig.report(.downloading, deployment, device)
            try await rig.report(.installing, deployment, device)
        }
        #expect(try await reports() == 2)
        #expect(try await rig.installations(deployment).first?.status == .installing)
        try await rig.report(.failure, deployment, device)
        #expect(try await rig.next(device) == deployment.id)
        for _ in 0..<10 {
            try await rig.report(.downloading, deployment, device)
            try await rig.report(.installing, deployment, device)
        }
        #expect(try await reports() == 4)
        try await rig.report(.success, deployment, device)
        #expect(try await reports() == 5)
        #expect(try await rig.now(deployment).state == .finished)
    }

    @Test func lastReport_RepeatedBecauseItsAnswerWasLost_ChangesNothing() async throws {
        for status in [InstallationStatus.success, .failure, .alreadyInstalled] {
            let (rig, deployment, device) = try await Self.begun()
            for _ in 0..<4 { try await rig.report(status, deployment, device) }
            let one = try #require(try await rig.installations(deployment).first)
            #expect(one.status == status)
            #expect(one.lateReport == nil)
            #expect(try await Self.actions(rig).filter { $0 == "deployment.report" }.count == 1)
            #expect(try await Self.actions(rig).filter { $0 == "deployment.finish" }.count == 1)
        }
    }

    @Test func failureAfterSuccess_IsKeptBesideIt() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(2)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) { $0.retries = 5 }
        _ = try await rig.next(devices[0])
        try await rig.report(.success, deployment, devices[0])
        try await rig.report(.failure, deployment, devices[0])
        let now = try await rig.now(deployment)
        #expect(now.counts.finished == 1)
        #expect(now.counts.failed == 0)
        #expect(now.state == .inProgress)
        #expect(try await rig.installations(deployment).first?.lateReport?.status == .failure)
    }

    @Test func failingDevice_IsOfferedItAgain_AsOftenAsTold() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) { $0.retries = 2 }
        for attempt in 0..<3 {
            #expect(try await rig.next(devices[0]) == deployment.id)
            try await rig.report(.installing, deployment, devices[0])
            try await rig.report(.failure, deployment, devices[0])
            // Status and log come again when the log was refused the first time.
            try await rig.report(.failure, deployment, devices[0])
            try await rig.updates.keepLog("attempt \(attempt)", of: deployment.id, device: devices[0])
            let one = try #require(try await rig.installations(deployment).first)
            #expect(one.failedAttempts == min(attempt + 1, 2))
            #expect(one.status == (attempt < 2 ? .pending : .failure))
            #expect(try await rig.now(deployment).state == (attempt < 2 ? .inProgress : .finished))
        }
        #expect(try await rig.updates.log(of: deployment.id, device: devices[0]) == "attempt 2")
        #expect(try await rig.next(devices[0]) == nil)
    }
}
