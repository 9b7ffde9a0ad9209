internal import BaseTestSupport
internal import Issuing
internal import Journal
internal import JournalTestSupport
internal import RecordTestSupport
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// docs/protocols/device-link.md 7.4 against chance: whatever devices, operators, clocks and restarts do, in whatever
/// order, each device is counted once, and none is lost.
@Suite struct LivePropertyTests {
    /// Devices and their roll-out in the middle of whatever happens.
    private struct World {
        var rig: UpdatesRig
        var devices: [LiveDevice] = []
        var deployments: [Deployment] = []
        var generator: SeededGenerator
        let concurrent: Int

        init(_ seed: UInt64) async throws {
            generator = SeededGenerator(seed)
            concurrent = Int.random(in: 1...3, using: &generator)
            rig = try await UpdatesRig.make()
            for number in 0..<4 { devices.append(try await LiveDevice(rig, "device \(number)")) }
            for index in devices.indices { try await devices[index].join() }
            for version in ["0.2.0", "0.3.0", "0.4.0"] { try await rig.firmware(version) }
            let (ids, places) = (devices.map(\.id), concurrent)
            deployments.append(
                try await rig.deploy("widget-0.2.0", to: ids) {
                    $0.concurrent = places
                    $0.failures = 3
                    $0.penaltyMinutes = 2
                    $0.failureRate = .init(amount: 4, seconds: 60)
                })
            deployments.append(try await rig.deploy("widget-0.3.0", to: ids, name: "plain") { $0.retries = 2 })
        }

        mutating func step() async throws {
            let index = Int.random(in: devices.indices, using: &generator)
            switch Int.random(in: 0..<20, using: &generator) {
            case 0...4: _ = try await devices[index].sent(Bool.random(using: &generator) ? .push : .request)
            case 5...10: try await devices[index].says(report())
            case 11: try await devices[index].join(downloading: "0.2.0")
            case 12: try await devices[index].join()
            case 13:
                try await devices[index].join(
                    ["0.1.0", "0.2.0", "0.3.0", "0.4.0", "9.9.9"].randomElement(using: &generator))
            case 14: rig.clock.advance(by: Int64.random(in: -100...2000, using: &generator))
            case 15: try await rig.updates.expireSilent()
            case 16: try await settle(index)
            case 17 where deployments.count < 6:
                if let pushed = try? await rig.updates.push("widget-0.4.0", to: devices[index].id, by: .hub) {
                    deployments.append(pushed)
                }
            case 18: try await restart()
            default: _ = try await devices[index].sent()
            }
        }

        private mutating func report() -> LinkStatus {
            let percent = Int.random(in: 0...100, using: &generator)
            let reports: [LinkStatus] = [
                .received, .started(interface: "lo"), .downloading(percent), .updating(percent), .completed, .completed,
                .ignored(reason: ""), .rescheduled(seconds: 60, reason: ""), .failed(reason: "x"),
            ]
            return reports[Int.random(in: reports.indices, using: &generator)]
        }

        private mutating func settle(_ index: Int) async throws {
            let id = devices[index].id
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: try await rig.updates.unblock(id, by: .hub)
            case 1: try await rig.updates.setEnabled(Bool.random(using: &generator), of: id, by: .hub)
            case 2:
                let mode = UpdateMode.allCases.randomElement(using: &generator) ?? .automatic
                try await rig.updates.setMode(mode, of: id, by: .hub)
            default: devices[index].running.isValidated = Bool.random(using: &generator)
            }
        }

        private mutating func restart() async throws {
            rig = try await UpdatesRig.make(folder: rig.folder, clock: rig.clock)
            devices = devices.map { LiveDevice(rig, $0) }
        }

        /// What must hold at any moment.
        func check() async throws {
            var atWork: [DeviceID: Int] = [:]
            for deployment in deployments {
                let now = try await rig.now(deployment)
                let parts = try await rig.installations(deployment)
                #expect(now.counts.begun == parts.count)
                #expect(now.counts.finished == parts.count(where: \.status.isFinished))
                #expect(now.counts.failed == parts.count { $0.status == .failure })
                #expect((now.state == .finished) == (now.counts.finished == now.deviceCount))
                for part in parts where !part.status.isFinished && part.provided != nil {
                    atWork[DeviceID(part.deviceID), default: 0] += 1
                }
                if let limit = now.plan.concurrent {
                    #expect(parts.count { !$0.status.isFinished && $0.provided != nil } <= limit)
                }
            }
            #expect(atWork.values.allSatisfy { $0 == 1 }, "a device is at work on one thing")
        }

        /// Everything goes well from here on: all devices come to the end of all their parts.
        mutating func finish() async throws {
            for _ in 0..<deployments.count * devices.count {
                for index in devices.indices {
                    try await rig.updates.setEnabled(true, of: devices[index].id, by: .hub)
                    try await rig.updates.setMode(.automatic, of: devices[index].id, by: .hub)
                    devices[index].running.isValidated = true
                    try await devices[index].join()
                    try await rig.updates.unblock(devices[index].id, by: .hub)
                    guard let release = try await devices[index].sent() else { continue }
                    try await devices[index].says(.completed)
                    try await devices[index].join(String(release.dropFirst("widget-".count)))
                }
            }
            for deployment in deployments { #expect(try await rig.now(deployment).state == .finished) }
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>) func noDeviceIsLost_AndEachIsCountedOnce(seed: UInt64) async throws {
        var world = try await World(seed)
        for _ in 0..<150 {
            try await world.step()
            try await world.check()
        }
        try await world.finish()
        try await world.check()
    }
}
