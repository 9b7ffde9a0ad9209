import Artifact
internal import BaseTestSupport
import Issuing
internal import Journal
internal import JournalTestSupport
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// docs/protocols/mender.md 10: deployments over their devices, whatever happens in whatever order.
@Suite struct DeploymentTests {
    /// Whatever devices and operator do in whatever order: the counts are what a recount gives, and the state follows
    /// from them.
    @Test(.timeLimit(.minutes(5)), arguments: 0..<6 as Range<UInt64>)
    func countsAndState_AlwaysEqualARecount(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(6)
        var removed: Set<String> = []
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        try await rig.upload(try UpdatesRig.artifact("rel-2"))
        var deployments: [Deployment] = []
        for step in 0..<70 {
            let device = devices.randomElement(using: &generator) ?? ""
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<6:
                let targets = devices.filter { _ in Bool.random(using: &generator) }
                guard !targets.isEmpty else { continue }
                var plan = RolloutPlan()
                plan.retries = Int.random(in: 0...2, using: &generator)
                if Bool.random(using: &generator) { plan.deviceLimit = Int.random(in: 1...6, using: &generator) }
                if Bool.random(using: &generator) {
                    plan.phases = [
                        .init(id: "a", percent: 30, startsAt: nil),
                        .init(id: "b", percent: nil, startsAt: rig.clock.now + 50),
                    ]
                }
                if Bool.random(using: &generator) { plan.stopRule = .init(failurePercent: 50, afterDevices: 2) }
                let made = plan
                deployments.append(
                    try await rig.deploy(
                        "rel-\(Int.random(in: 1...2, using: &generator))", to: targets, name: "\(step)"
                    ) {
                        $0 = made
                    })
            case 6..<8:
                if let one = deployments.randomElement(using: &generator) {
                    try? await rig.updates.abort(one.id, by: .hub)
                }
            case 8..<12:
                if let one = deployments.randomElement(using: &generator) {
                    try? await rig.updates.pause(one.id, by: .hub)
                }
            case 12..<18:
                if let one = deployments.randomElement(using: &generator) {
                    try? await rig.updates.resume(one.id, by: .hub)
                }
            case 18..<19: try await rig.updates.abortAll(ofDevice: device, by: .hub)
            case 19..<20 where !removed.contains(device):
                try await rig.issuer.remove(deviceID: device, by: .hub)
                removed.insert(device)
            case 20..<30: rig.clock.advance(by: Int64.random(in: -20...40, using: &generator))
            case 30..<60 where !removed.contains(device):
                let name = "rel-\([0, 0, 0, 1, 2].randomElement(using: &generator) ?? 0)"
                _ = try? await rig.next(device, ["artifact_name": name])
            default:
                guard let one = deployments.randomElement(using: &generator),
                    let status = InstallationStatus.allCases.filter(\.isReportable).randomElement(using: &generator)
                else { continue }
                try? await rig.report(status, one, device)
            }
            for deployment in deployments { try await Self.check(deployment, rig) }
        }
    }

    private static func check(_ deployment: Deployment, _ rig: UpdatesRig) async throws {
        let one = try await rig.now(deployment)
        let all = try await rig.installations(one)
        // Those that needed nothing take no place of a limit.
        let skipped = one.plan.deviceLimit == nil ? 0 : all.filter(\.status.isSkip).count
        #expect(one.counts.begun == all.count - skipped)
        #expect(one.counts.finished == all.filter(\.status.isFinished).count - skipped)
        #expect(one.counts.failed == all.filter { $0.status == .failure }.count)
        let isFinished =
            one.isAborted || one.counts.finished >= min(one.expectedDevices, one.deviceCount - skipped)
        let state: Deployment.State =
            isFinished ? .finished : all.contains { $0.startedAt != nil } ? .inProgress : .pending
        #expect(one.state == state)
        #expect((one.finishedAt != nil) == isFinished)
        #expect(all.allSatisfy { ($0.finishedAt != nil) == $0.status.isFinished })
        #expect(all.allSatisfy { $0.failedAttempts <= one.plan.retries })
        let sum = try await rig.statistics(one).values.reduce(0, +)
        #expect(sum == max(min(one.expectedDevices + skipped, one.deviceCount), all.count))
    }

    @Test func limit_EndsTheDeployment_AndHoldsNobodyBack() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(4)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        try await rig.upload(try UpdatesRig.artifact("rel-2"))
        let limited = try await rig.deploy("rel-1", to: devices) { $0.deviceLimit = 2 }
        let later = try await rig.deploy("rel-2", to: devices, name: "later")
        #expect(try await rig.next(devices[0]) == limited.id)
        #expect(try await rig.next(devices[1]) == limited.id)
        #expect(try await rig.next(devices[2]) == later.id)
        try await rig.report(.success, limited, devices[0])
        try await rig.report(.failure, limited, devices[1])
        #expect(try await rig.now(limited).state == .finished)
        #expect(try await rig.statistics(limited) == [.success: 1, .failure: 1])
        #expect(try await rig.next(devices[0]) == later.id)
    }

    @Test func severalDeployments_ComeInTheirOrder() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        var made: [Deployment] = []
        for number in 0..<4 { made.append(try await rig.deploy("rel-1", to: devices, name: "\(number)")) }
        for deployment in made {
            #expect(try await rig.next(devices[0]) == deployment.id)
            #expect(try await rig.next(devices[0]) == deployment.id)
            try await rig.report(.success, deployment, devices[0])
        }
        #expect(try await rig.next(devices[0]) == nil)
        let history = try await rig.updates.history(ofDevice: devices[0], statuses: [], offset: 0, limit: 10)
        #expect(history.map(\.1.id) == made.reversed().map(\.id))
        try await rig.updates.keepLog("text", of: made[0].id, device: devices[0])
        try await rig.updates.removeHistory(ofDevice: devices[0], by: .hub)
        #expect(try await rig.updates.history(ofDevice: devices[0], statuses: [], offset: 0, limit: 10).isEmpty)
        #expect(try await rig.updates.log(of: made[0].id, device: devices[0]) == nil)
        #expect(try await rig.statistics(made[0]) == [.success: 1])
        #expect(try await rig.next(devices[0]) == nil)
    }

    @Test func smallestArtifactThatFits_IsChosen_AndKept() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(4)
        let full = try await rig.upload(try UpdatesRig.artifact("rel-1", types: ["qemu", "rpi"], size: 20_000))
        let delta = try await rig.upload(
            try UpdatesRig.artifact("rel-1", size: 100) { $0.depends["base"] = .anyOf(["1", "2"]) })
        let deployment = try await rig.deploy("rel-1", to: devices)
        #expect(try await rig.instructions(devices[0])?.artifact?.id == full.id)
        #expect(try await rig.instructions(devices[1], ["base": "2"])?.artifact?.id == delta.id)
        #expect(try await rig.instructions(devices[2], ["base": "3"])?.artifact?.id == full.id)
        #expect(try await rig.instructions(devices[3], ["device_type": "other"])?.artifact == nil)
        // One that comes later is not part of it.
        try await rig.upload(try UpdatesRig.artifact("rel-1", size: 10) { $0.depends["base"] = .value("9") })
        #expect(try await rig.instructions(devices[0])?.artifact?.id == full.id)
        let statistics = try await rig.updates.statistics(of: deployment)
        #expect(statistics.totalSize == full.size * 2 + delta.size)
        #expect(Set(statistics.artifacts) == [full.id, delta.id])
    }

    @Test func restartOfTheHub_KeepsWhereEverythingStands() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_790_000_000)
        var devices: [String] = []
        var deployment: Deployment?
        do {
            let rig = try await UpdatesRig.make(folder: folder, clock: clock)
            devices = try await rig.devices(3)
            try await rig.upload(try UpdatesRig.artifact("rel-1"))
            let made = try await rig.deploy("rel-1", to: devices) { $0.retries = 1 }
            deployment = made
            _ = try await rig.next(devices[0])
            try await rig.report(.installing, made, devices[0])
            _ = try await rig.next(devices[1])
            try await rig.report(.failure, made, devices[1])
        }
        let rig = try await UpdatesRig.make(folder: folder, clock: clock)
        let made = try #require(deployment)
        #expect(try await rig.statistics(made) == [.installing: 1, .pending: 2])
        for device in devices { #expect(try await rig.next(device) == made.id) }
        try await rig.report(.failure, made, devices[1])
        #expect(try await rig.statistics(made) == [.installing: 1, .failure: 1, .pending: 1])
        let file = rig.artifacts.file(of: try #require(try await rig.artifacts.all().first))
        #expect(rig.files() == [String(file.split(separator: "/").last ?? "")])
    }
}
