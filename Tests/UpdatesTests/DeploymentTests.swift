import Artifact
import HubDaemon
import HubTestSupport
import Issuing
import Registry
import Testing
import Wire

@testable import Updates

/// spec/mender.md 10: deployments over their devices.
@Suite struct DeploymentTests {
    // MARK: - Counts and states

    /// Whatever devices and operator do in whatever order: the counts are what a recount gives, and the state follows from them.
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
        #expect(one.counts.begun == all.count)
        #expect(one.counts.finished == all.filter(\.status.isFinished).count)
        #expect(one.counts.failed == all.filter { $0.status == .failure }.count)
        let isFinished = one.isAborted || one.counts.finished >= one.expectedDevices
        let state: Deployment.State =
            isFinished ? .finished : all.contains { $0.startedAt != nil } ? .inProgress : .pending
        #expect(one.state == state)
        #expect((one.finishedAt != nil) == isFinished)
        #expect(all.allSatisfy { ($0.finishedAt != nil) == $0.status.isFinished })
        #expect(all.allSatisfy { $0.failedAttempts <= one.plan.retries })
        let sum = try await hub.statistics(one).values.reduce(0, +)
        #expect(sum == max(one.expectedDevices, all.count))
    }

    @Test func phases_LetInAsManyAsTheyShould_InTheOrderTheyAsk() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(10)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let start = hub.clock.now
        let deployment = try await hub.deploy("rel-1", to: devices) {
            $0.phases = [
                .init(id: "a", percent: 20, startsAt: start + 10), .init(id: "b", percent: 30, startsAt: start + 20),
                .init(id: "c", percent: nil, startsAt: start + 30),
            ]
        }
        func ask() async throws -> Int {
            var told = 0
            for device in devices.reversed() where try await hub.next(device) != nil { told += 1 }
            return told
        }
        #expect(try await hub.now(deployment).status(now: hub.clock.now) == "scheduled")
        #expect(try await ask() == 0)
        hub.clock.advance(by: 10)
        #expect(try await ask() == 2)
        #expect(try await ask() == 2)
        #expect(try await hub.installations(deployment).map(\.deviceID).allSatisfy(devices.suffix(2).contains))
        hub.clock.advance(by: 10)
        #expect(try await ask() == 5)
        hub.clock.advance(by: 10)
        #expect(try await ask() == 10)
    }

    @Test func firstPhaseInThePast_BeginsAtOnce_AlsoForDevicesThatHadOthers() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(1)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let first = try await hub.deploy("rel-1", to: devices)
        #expect(try await hub.next(devices[0]) == first.id)
        try await hub.report(.success, first, devices[0])
        let past = hub.clock.now - 86_400
        let second = try await hub.deploy("rel-1", to: devices, name: "second") {
            $0.phases = [.init(id: "a", percent: 100, startsAt: past)]
        }
        #expect(try await hub.next(devices[0]) == second.id)
    }

    @Test func clockSetBack_DoesNotHoldDeploymentsUp() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(1)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        hub.clock.advance(by: 86_400 * 365)
        let first = try await hub.deploy("rel-1", to: devices)
        let second = try await hub.deploy("rel-1", to: devices, name: "second")
        #expect(try await hub.next(devices[0]) == first.id)
        try await hub.report(.success, first, devices[0])
        hub.clock.advance(by: -86_400 * 365)
        #expect(try await hub.next(devices[0]) == second.id)
        try await hub.report(.success, second, devices[0])
        let third = try await hub.deploy("rel-1", to: devices, name: "third")
        #expect(try await hub.next(devices[0]) == third.id)
    }

    // MARK: - Limits

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

    // MARK: - Retries

    @Test func failingDevice_IsOfferedItAgain_AsOftenAsTold() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(1)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let deployment = try await hub.deploy("rel-1", to: devices) { $0.retries = 2 }
        for attempt in 0..<3 {
            #expect(try await hub.next(devices[0]) == deployment.id)
            try await hub.report(.installing, deployment, devices[0])
            try await hub.report(.failure, deployment, devices[0])
            // Status and log come again when the log was refused the first time.
            try await hub.report(.failure, deployment, devices[0])
            try await hub.updates.keepLog("attempt \(attempt)", of: deployment.id, device: devices[0])
            let one = try #require(try await hub.installations(deployment).first)
            #expect(one.failedAttempts == min(attempt + 1, 2))
            #expect(one.status == (attempt < 2 ? .pending : .failure))
            #expect(try await hub.now(deployment).state == (attempt < 2 ? .inProgress : .finished))
        }
        #expect(try await hub.updates.log(of: deployment.id, device: devices[0]) == "attempt 2")
        #expect(try await hub.next(devices[0]) == nil)
    }

    // MARK: - Stop, pause, abort

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
        #expect(try await hub.now(deployment).status(now: hub.clock.now) == "paused")
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
        let actions = try await hub.registry.auditEvents(before: nil, subject: deployment.id, limit: 100).map(\.action)
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

    // MARK: - Order and time

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

    @Test func scheduledDeployment_ComesAtItsTime_BehindLaterOnesThatWereNotScheduled() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(1)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let start = hub.clock.now + 1000
        let scheduled = try await hub.deploy("rel-1", to: devices) {
            $0.phases = [.init(id: "a", percent: nil, startsAt: start)]
        }
        let direct = try await hub.deploy("rel-1", to: devices, name: "direct")
        #expect(try await hub.next(devices[0]) == direct.id)
        try await hub.report(.success, direct, devices[0])
        #expect(try await hub.next(devices[0]) == nil)
        hub.clock.advance(by: 1000)
        #expect(try await hub.next(devices[0]) == scheduled.id)
    }

    @Test func window_DecidesWhenDevicesBegin_NotWhenTheyGoOn() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let hub = try await UpdateHub(clock: clock)
        let time = LocalTime(clock.now)
        let devices = try await hub.devices(2)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let deployment = try await hub.deploy("rel-1", to: devices) {
            let from = (time.minute + 60) % 1440
            $0.windows = [.init(days: [], from: from, to: (from + 30) % 1440)]
        }
        #expect(try await hub.next(devices[0]) == nil)
        clock.advance(by: 3600)
        #expect(try await hub.next(devices[0]) == deployment.id)
        clock.advance(by: 1800)
        #expect(try await hub.next(devices[0]) == deployment.id)
        #expect(try await hub.next(devices[1]) == nil)
    }

    // MARK: - Targets

    @Test func allDevices_AreThoseOfThatMoment() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(3)
        try await hub.hub.hub.issuer.reject(deviceID: devices[2], by: .hub)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        let deployment = try await hub.updates.deploy(
            NewDeployment(name: "d", artifactName: "rel-1", target: .allDevices), by: .hub)
        #expect(deployment.deviceCount == 2)
        let later = try await hub.device("later")
        #expect(try await hub.next(later) == nil)
        #expect(try await hub.next(devices[0]) == deployment.id)
    }

    @Test func group_IsTakenAsItIsThen_AnEmptyOneIsRefused() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(3)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        _ = try await hub.registry.addToGroup("g", Array(devices.prefix(2)), by: .hub)
        let deployment = try await hub.updates.deploy(
            NewDeployment(name: "d", artifactName: "rel-1", target: .group("g")), by: .hub)
        #expect(Set(try await hub.updates.targets(of: deployment)) == Set(devices.prefix(2)))
        _ = try await hub.registry.addToGroup("g", [devices[2]], by: .hub)
        #expect(try await hub.next(devices[2]) == nil)
        await #expect(throws: UpdatesError.unknownGroup("nobody")) {
            try await hub.updates.deploy(
                NewDeployment(name: "d", artifactName: "rel-1", target: .group("nobody")), by: .hub)
        }
        try await hub.hub.hub.issuer.reject(deviceID: devices[2], by: .hub)
        _ = try await hub.registry.addToGroup("out", [devices[2]], by: .hub)
        await #expect(throws: UpdatesError.noDevices) {
            try await hub.updates.deploy(
                NewDeployment(name: "d", artifactName: "rel-1", target: .group("out")), by: .hub)
        }
    }

    private static let filter = #"[{"scope":"inventory","attribute":"os","type":"$eq","value":"debian"}]"#

    @Test func filter_TakesWhoMatchesWhenAsking_UpToItsLimit() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(4)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        try await hub.upload(try UpdateHub.artifact("rel-2"))
        var new = NewDeployment(name: "d", artifactName: "rel-1", target: .filter(Self.filter))
        new.plan.deviceLimit = 2
        let deployment = try await hub.updates.deploy(new, by: .hub)
        #expect(try await hub.next(devices[0]) == nil)
        let report = try InventoryReport(parsing: Array(#"[{"name":"os","value":"debian"}]"#.utf8))
        for device in devices.prefix(3) { try await hub.registry.replaceInventory(report, of: device) }
        #expect(try await hub.next(devices[0]) == deployment.id)
        #expect(try await hub.next(devices[1]) == deployment.id)
        // It is full: a device that matches does not wait for it.
        let later = try await hub.deploy("rel-2", to: devices, name: "later")
        #expect(try await hub.next(devices[2]) == later.id)
        #expect(try await hub.next(devices[3]) == later.id)
        #expect(Set(try await hub.updates.devices(of: deployment)) == Set(devices.prefix(2)))
        try await hub.report(.success, deployment, devices[0])
        try await hub.report(.success, deployment, devices[1])
        #expect(try await hub.now(deployment).state == .finished)
    }

    @Test func filter_DoesNotBringDevicesBackToAnOlderRelease() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(1)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        try await hub.upload(try UpdateHub.artifact("rel-2"))
        _ = try await hub.updates.deploy(
            NewDeployment(name: "old", artifactName: "rel-1", target: .filter(Self.filter)), by: .hub)
        let newer = try await hub.deploy("rel-2", to: devices, name: "new")
        #expect(try await hub.next(devices[0]) == newer.id)
        try await hub.report(.success, newer, devices[0])
        let report = try InventoryReport(parsing: Array(#"[{"name":"os","value":"debian"}]"#.utf8))
        try await hub.registry.replaceInventory(report, of: devices[0])
        #expect(try await hub.next(devices[0], ["artifact_name": "rel-2"]) == nil)
    }

    @Test func badFilter_IsRefused() async throws {
        let hub = try await UpdateHub()
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        for text in ["", "null", "[]", "{}", "[1]", #"[{"scope":"inventory"}]"#, #"{"terms":[]}"#] {
            await #expect(throws: UpdatesError.self) {
                try await hub.updates.deploy(
                    NewDeployment(name: "d", artifactName: "rel-1", target: .filter(text)), by: .hub)
            }
        }
    }

    @Test func deploymentsThatMakeNoSense_AreRefused() async throws {
        let hub = try await UpdateHub()
        let devices = try await hub.devices(1)
        try await hub.upload(try UpdateHub.artifact("rel-1"))
        func refused(_ error: UpdatesError?, _ change: (inout NewDeployment) -> Void) async {
            var new = NewDeployment(name: "d", artifactName: "rel-1", target: .devices)
            new.devices = devices
            change(&new)
            let wanted = new
            await #expect(throws: UpdatesError.self) {
                do {
                    _ = try await hub.updates.deploy(wanted, by: .hub)
                } catch let found as UpdatesError {
                    if let error { #expect(found == error) }
                    throw found
                }
            }
        }
        await refused(nil) { $0.name = "" }
        await refused(nil) { $0.name = String(repeating: "x", count: 4097) }
        await refused(nil) { $0.artifactName = "" }
        await refused(.noArtifact("rel-9")) { $0.artifactName = "rel-9" }
        await refused(.noDevices) { $0.devices = [] }
        await refused(.invalid("no device nobody is known")) { $0.devices.append("nobody") }
        await refused(nil) { $0.plan.retries = -1 }
        await refused(nil) { $0.plan.retries = 101 }
        await refused(nil) { $0.plan.deviceLimit = 0 }
        await refused(nil) {
            $0.target = .filter(Self.filter)
            $0.plan.phases = [.init(id: "a", percent: 10, startsAt: nil), .init(id: "b", percent: nil, startsAt: nil)]
        }
        _ = try await hub.deploy("rel-1", to: devices)
        await refused(.deploymentExists) { _ in }
        await refused(.deploymentExists) { $0.devices += devices }
    }

    // MARK: - Choice of the artifact

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
