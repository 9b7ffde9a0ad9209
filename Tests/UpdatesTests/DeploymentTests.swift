import Artifact
import Devices
import HubDaemon
import HubTestSupport
import Issuing
import Journal
import Testing

@testable import Updates

/// docs/protocols/mender.md 10: deployments over their devices, whatever happens in whatever order.
@Suite struct DeploymentTests {
    /// Whatever devices and operator do in whatever order: the counts are what a recount gives, and the state follows
    /// from them.
    @Test(.timeLimit(.minutes(5)), arguments: 0..<6 as Range<UInt64>)
    func countsAndState_AlwaysEqualARecount(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let hub = try await UpdateHub()
        let devices = try await hub.devices(6)
        var removed: Set<String> = []
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        try await hub.upload(try UpdateHub.artifact("rel-2"))
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
                        .init(id: "b", percent: nil, startsAt: hub.clock.now + 50),
                    ]
                }
                if Bool.random(using: &generator) { plan.stopRule = .init(failurePercent: 50, afterDevices: 2) }
                let made = plan
                deployments.append(
                    try await hub.deploy(
                        "rel-\(Int.random(in: 1...2, using: &generator))", to: targets, name: "\(step)"
                    ) {
                        $0 = made
                    })
            case 6..<8:
                if let one = deployments.randomElement(using: &generator) {
                    try? await hub.updates.abort(one.id, by: .hub)
                }
            case 8..<12:
                if let one = deployments.randomElement(using: &generator) {
                    try? await hub.updates.pause(one.id, by: .hub)
                }
            case 12..<18:
                if let one = deployments.randomElement(using: &generator) {
                    try? await hub.updates.resume(one.id, by: .hub)
                }
            case 18..<19: try await hub.updates.abortAll(ofDevice: device, by: .hub)
            case 19..<20 where !removed.contains(device):
                try await hub.hub.hub.issuer.remove(deviceID: device, by: .hub)
                removed.insert(device)
            case 20..<30: hub.clock.advance(by: Int64.random(in: -20...40, using: &generator))
            case 30..<60 where !removed.contains(device):
                let name = "rel-\([0, 0, 0, 1, 2].randomElement(using: &generator) ?? 0)"
                _ = try? await hub.next(device, ["artifact_name": name])
            default:
                guard let one = deployments.randomElement(using: &generator),
                    let status = InstallationStatus.allCases.filter(\.isReportable).randomElement(using: &generator)
                else { continue }
                try? await hub.report(status, one, device)
            }
            for deployment in deployments { try await Self.check(deployment, hub) }
        }
    }

    private static func check(_ deployment: Deployment, _ hub: UpdateHub) async throws {
        let one = try await hub.now(deployment)
        let all = try await hub.installations(one)
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
        let sum = try await hub.statistics(one).values.reduce(0, +)
        #expect(sum == max(min(one.expectedDevices + skipped, one.deviceCount), all.count))
    }

    @Test func limit_EndsTheDeployment_AndHoldsNobodyBack() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(4)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        try await hub.upload(try UpdateHub.artifact("rel-2"))
        let limited = try await hub.deploy("rel-1", to: devices) { $0.deviceLimit = 2 }
        let later = try await hub.deploy("rel-2", to: devices, name: "later")
        #expect(try await hub.next(devices[0]) == limited.id)
        #expect(try await hub.next(devices[1]) == limited.id)
        #expect(try await hub.next(devices[2]) == later.id)
        try await hub.report(.success, limited, devices[0])
        try await hub.report(.failure, limited, devices[1])
        #expect(try await hub.now(limited).state == .finished)
        #expect(try await hub.statistics(limited) == [.success: 1, .failure: 1])
        #expect(try await hub.next(devices[0]) == later.id)
    }

    @Test func severalDeployments_ComeInTheirOrder() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(1)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        var made: [Deployment] = []
        for number in 0..<4 { made.append(try await hub.deploy("rel-1", to: devices, name: "\(number)")) }
        for deployment in made {
            #expect(try await hub.next(devices[0]) == deployment.id)
            #expect(try await hub.next(devices[0]) == deployment.id)
            try await hub.report(.success, deployment, devices[0])
        }
        #expect(try await hub.next(devices[0]) == nil)
        let history = try await hub.updates.history(ofDevice: devices[0], statuses: [], offset: 0, limit: 10)
        #expect(history.map(\.1.id) == made.reversed().map(\.id))
        try await hub.updates.keepLog("text", of: made[0].id, device: devices[0])
        try await hub.updates.removeHistory(ofDevice: devices[0], by: .hub)
        #expect(try await hub.updates.history(ofDevice: devices[0], statuses: [], offset: 0, limit: 10).isEmpty)
        #expect(try await hub.updates.log(of: made[0].id, device: devices[0]) == nil)
        #expect(try await hub.statistics(made[0]) == [.success: 1])
        #expect(try await hub.next(devices[0]) == nil)
    }

    @Test func smallestArtifactThatFits_IsChosen_AndKept() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(4)
        let full = try await hub.upload(try UpdateHub.artifact("rel-1", types: ["qemu", "rpi"], size: 20_000))
        let delta = try await hub.upload(
            try UpdateHub.artifact("rel-1", size: 100) { $0.depends["base"] = .anyOf(["1", "2"]) })
        let deployment = try await hub.deploy("rel-1", to: devices)
        #expect(try await hub.instructions(devices[0])?.artifact?.id == full.id)
        #expect(try await hub.instructions(devices[1], ["base": "2"])?.artifact?.id == delta.id)
        #expect(try await hub.instructions(devices[2], ["base": "3"])?.artifact?.id == full.id)
        #expect(try await hub.instructions(devices[3], ["device_type": "other"])?.artifact == nil)
        // One that comes later is not part of it.
        try await hub.upload(try UpdateHub.artifact("rel-1", size: 10) { $0.depends["base"] = .value("9") })
        #expect(try await hub.instructions(devices[0])?.artifact?.id == full.id)
        let statistics = try await hub.updates.statistics(of: deployment)
        #expect(statistics.totalSize == full.size * 2 + delta.size)
        #expect(Set(statistics.artifacts) == [full.id, delta.id])
    }

    @Test func restartOfTheHub_KeepsWhereEverythingStands() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_790_000_000)
        var devices: [String] = []
        var deployment: Deployment?
        do {
            let hub = try await UpdateHub(folder: folder, clock: clock)
            devices = try await hub.devices(3)
            try await hub.upload(try UpdateHub.artifact("rel-1"))
            let made = try await hub.deploy("rel-1", to: devices) { $0.retries = 1 }
            deployment = made
            _ = try await hub.next(devices[0])
            try await hub.report(.installing, made, devices[0])
            _ = try await hub.next(devices[1])
            try await hub.report(.failure, made, devices[1])
        }
        let hub = try await UpdateHub(folder: folder, clock: clock)
        let made = try #require(deployment)
        #expect(try await hub.statistics(made) == [.installing: 1, .pending: 2])
        for device in devices { #expect(try await hub.next(device) == made.id) }
        try await hub.report(.failure, made, devices[1])
        #expect(try await hub.statistics(made) == [.installing: 1, .failure: 1, .pending: 1])
        let file = hub.updates.file(of: try #require(try await hub.updates.artifacts().first))
        #expect(hub.files() == [String(file.split(separator: "/").last ?? "")])
    }
}
