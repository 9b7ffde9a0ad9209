internal import Devices
import Issuing
import Journal
internal import Rooms
import Testing
internal import UpdatesTestSupport
import Wire

@testable import Updates

/// Whom a deployment is for, and what makes none.
@Suite struct DeploymentTargetTests {
    private static let filter = #"[{"scope":"inventory","attribute":"os","type":"$eq","value":"debian"}]"#

    @Test func allDevices_AreThoseOfThatMoment() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(3)
        try await rig.issuer.reject(deviceID: devices[2], by: .hub)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.updates.deploy(
            NewDeployment(name: "d", artifactName: "rel-1", target: .allDevices), by: .hub)
        #expect(deployment.deviceCount == 2)
        let later = try await rig.device("later")
        #expect(try await rig.next(later) == nil)
        #expect(try await rig.next(devices[0]) == deployment.id)
    }

    @Test func group_IsTakenAsItIsThen_AnEmptyOneIsRefused() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(3)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        _ = try await rig.rooms.inventory.addToGroup("g", Array(devices.prefix(2)), by: .hub)
        let deployment = try await rig.updates.deploy(
            NewDeployment(name: "d", artifactName: "rel-1", target: .group("g")), by: .hub)
        #expect(Set(try await rig.updates.targets(of: deployment)) == Set(devices.prefix(2)))
        _ = try await rig.rooms.inventory.addToGroup("g", [devices[2]], by: .hub)
        #expect(try await rig.next(devices[2]) == nil)
        await #expect(throws: UpdatesError.unknownGroup("nobody")) {
            try await rig.updates.deploy(
                NewDeployment(name: "d", artifactName: "rel-1", target: .group("nobody")), by: .hub)
        }
        try await rig.issuer.reject(deviceID: devices[2], by: .hub)
        _ = try await rig.rooms.inventory.addToGroup("out", [devices[2]], by: .hub)
        await #expect(throws: UpdatesError.noDevices) {
            try await rig.updates.deploy(
                NewDeployment(name: "d", artifactName: "rel-1", target: .group("out")), by: .hub)
        }
    }

    @Test func filter_TakesWhoMatchesWhenAsking_UpToItsLimit() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(4)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        try await rig.upload(try UpdatesRig.artifact("rel-2"))
        var new = NewDeployment(name: "d", artifactName: "rel-1", target: .filter(Self.filter))
        new.plan.deviceLimit = 2
        let deployment = try await rig.updates.deploy(new, by: .hub)
        #expect(try await rig.next(devices[0]) == nil)
        let report = try InventoryReport(parsing: Array(#"[{"name":"os","value":"debian"}]"#.utf8))
        for device in devices.prefix(3) { try await rig.rooms.inventory.replaceInventory(report, of: device) }
        #expect(try await rig.next(devices[0]) == deployment.id)
        #expect(try await rig.next(devices[1]) == deployment.id)
        // It is full: a device that matches does not wait for it.
        let later = try await rig.deploy("rel-2", to: devices, name: "later")
        #expect(try await rig.next(devices[2]) == later.id)
        #expect(try await rig.next(devices[3]) == later.id)
        #expect(Set(try await rig.updates.devices(of: deployment)) == Set(devices.prefix(2)))
        try await rig.report(.success, deployment, devices[0])
        try await rig.report(.success, deployment, devices[1])
        #expect(try await rig.now(deployment).state == .finished)
    }

    /// The limit is of devices that get the release: who has it, or can't have it, takes nobody's place.
    @Test func limit_CountsNoDeviceThatNeededNothing() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(6)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        var new = NewDeployment(name: "d", artifactName: "rel-1", target: .filter(Self.filter))
        new.plan.deviceLimit = 2
        let deployment = try await rig.updates.deploy(new, by: .hub)
        let report = try InventoryReport(parsing: Array(#"[{"name":"os","value":"debian"}]"#.utf8))
        for device in devices { try await rig.rooms.inventory.replaceInventory(report, of: device) }
        #expect(try await rig.next(devices[0], ["artifact_name": "rel-1"]) == nil)
        #expect(try await rig.next(devices[1], ["device_type": "other"]) == nil)
        #expect(try await rig.now(deployment).state == .inProgress)
        #expect(try await rig.next(devices[2]) == deployment.id)
        try await rig.report(.alreadyInstalled, deployment, devices[2])
        for device in devices[3...4] {
            #expect(try await rig.next(device) == deployment.id)
            try await rig.report(.success, deployment, device)
        }
        #expect(try await rig.now(deployment).state == .finished)
        #expect(try await rig.next(devices[5]) == nil)
        #expect(try await rig.statistics(deployment) == [.alreadyInstalled: 2, .noArtifact: 1, .success: 2])
        let actions = try await rig.rooms.journal.auditEvents(before: nil, subject: deployment.id, limit: 100).map(
            \.action)
        #expect(actions.count { $0 == "deployment.finish" } == 1)
    }

    @Test func limitOfNamedDevices_EndsWhenTooFewAreLeft() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(4)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) { $0.deviceLimit = 2 }
        #expect(try await rig.statistics(deployment) == [.pending: 2])
        #expect(try await rig.next(devices[0], ["artifact_name": "rel-1"]) == nil)
        #expect(try await rig.statistics(deployment) == [.alreadyInstalled: 1, .pending: 2])
        #expect(try await rig.next(devices[1], ["artifact_name": "rel-1"]) == nil)
        #expect(try await rig.next(devices[2], ["artifact_name": "rel-1"]) == nil)
        #expect(try await rig.statistics(deployment) == [.alreadyInstalled: 3, .pending: 1])
        #expect(try await rig.now(deployment).state == .inProgress)
        #expect(try await rig.next(devices[3]) == deployment.id)
        try await rig.report(.success, deployment, devices[3])
        #expect(try await rig.now(deployment).state == .finished)
        #expect(try await rig.statistics(deployment) == [.alreadyInstalled: 3, .success: 1])
    }

    @Test func filter_DoesNotBringDevicesBackToAnOlderRelease() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        try await rig.upload(try UpdatesRig.artifact("rel-2"))
        _ = try await rig.updates.deploy(
            NewDeployment(name: "old", artifactName: "rel-1", target: .filter(Self.filter)), by: .hub)
        let newer = try await rig.deploy("rel-2", to: devices, name: "new")
        #expect(try await rig.next(devices[0]) == newer.id)
        try await rig.report(.success, newer, devices[0])
        let report = try InventoryReport(parsing: Array(#"[{"name":"os","value":"debian"}]"#.utf8))
        try await rig.rooms.inventory.replaceInventory(report, of: devices[0])
        #expect(try await rig.next(devices[0], ["artifact_name": "rel-2"]) == nil)
    }

    @Test func badFilter_IsRefused() async throws {
        let rig = try await UpdatesRig.make()
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        for text in ["", "null", "[]", "{}", "[1]", #"[{"scope":"inventory"}]"#, #"{"terms":[]}"#] {
            await #expect(throws: UpdatesError.self) {
                try await rig.updates.deploy(
                    NewDeployment(name: "d", artifactName: "rel-1", target: .filter(text)), by: .hub)
            }
        }
    }

    @Test func deploymentsThatMakeNoSense_AreRefused() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        func refused(_ error: UpdatesError?, _ change: (inout NewDeployment) -> Void) async {
            var new = NewDeployment(name: "d", artifactName: "rel-1", target: .devices)
            new.devices = devices
            change(&new)
            let wanted = new
            await #expect(throws: UpdatesError.self) {
                do {
                    _ = try await rig.updates.deploy(wanted, by: .hub)
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
        _ = try await rig.deploy("rel-1", to: devices)
        await refused(.deploymentExists) { _ in }
        await refused(.deploymentExists) { $0.devices += devices }
    }
}
