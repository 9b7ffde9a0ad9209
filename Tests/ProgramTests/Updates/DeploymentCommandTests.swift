import AdminAPI
import Foundation
import Testing
import Transport

/// Deployments to devices that come by preauthorisation. Each test has a release and devices of its own.
@Suite(.hub(), .timeLimit(.minutes(10))) struct DeploymentCommandTests {
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    @Test func firstPhase_TakesItsShare_AndAnAbortEndsTheRest() async throws {
        try await hub.upload("phases")
        let fleet = try await FleetDevice.fleet("phases", 10, at: hub)
        let id = try await hub.deploy(
            "phases", to: fleet, "--name", "in phases", "--phase", "10%", "--phase", "rest@2099-01-01T00:00:00Z")
        #expect(try await fleet.ask() == [200: 1, 204: 9])
        #expect(try await fleet.ask() == [200: 1, 204: 9], "the same devices again")
        #expect(try await hub.deployment(id).devices.map(\.state) == Array(repeating: "pending", count: 10))

        try await hub.abort(id)
        var answers: [Int] = []
        for device in fleet { answers.append(try await device.report("installing", of: id)) }
        #expect(answers.filter { $0 == 409 }.count >= 1 && !answers.contains(204))
        #expect(try await hub.deployment(id).deployment.counts == ["aborted": 10])
        let list = try await hub.hubctl("deployment", "list", "--search", "in phases").succeeded()
        let titles = try #require(list.lines.first).split(separator: " ")
        let row = try #require(list.lines.last).replacing("in phases", with: "in-phases").split(separator: " ")
        #expect(Dictionary(zip(titles, row)) { $1 }["FAILED"] == "0")
        #expect(Dictionary(zip(titles, row)) { $1 }["ABORTED"] == "10")
        try await hub.hubctl("deployment", "watch", id).expectRefusal("the deployment was aborted")
    }

    @Test func failures_StopADeployment_ThatThePeopleResume() async throws {
        try await hub.upload("stops")
        let fleet = try await FleetDevice.fleet("stops", 10, at: hub)
        let id = try await hub.deploy("stops", to: fleet, "--stop-at", "20%", "--stop-after", "5")
        for (number, device) in fleet.prefix(5).enumerated() {
            #expect(try await device.next().status == 200)
            #expect(try await device.report(number < 4 ? "success" : "failure", of: id) == 204)
        }
        let stopped = try await hub.deployment(id).deployment
        #expect(stopped.status == "paused" && stopped.pauseReason == "failures")
        #expect(try await fleet.ask() == [204: 10])

        try await hub.hubctl("deployment", "resume", id).succeeded()
        #expect(try await fleet.ask() == [200: 5, 204: 5])
        try await hub.hubctl("deployment", "pause", id).succeeded()
        #expect(try await fleet[5].report("installing", of: id) == 204, "those at work go on")
        let view = try await hub.hubctl("deployment", "watch", id, "--once").succeeded()
        #expect(view.output.contains("paused by the operator"))
        #expect(view.output.contains("1 failure, 1 installing, 4 pending, 4 success"))
        for device in fleet.dropFirst(5) { try await device.report("success", of: id) }
        let end = try await hub.hubctl("deployment", "watch", id)
        end.expectRefusal("9 devices have the release, 1 have not", code: 3)
        #expect(end.output.contains(fleet[4].id), "the failing one is named")
    }

    @Test func failedDevice_IsOfferedItAgain_SoOftenAndNoMore() async throws {
        try await hub.upload("retries")
        let device = try await FleetDevice("retries", at: hub)
        let id = try await hub.deploy("retries", to: [device], "--retries", "1")
        #expect(try await device.next().status == 200)
        try await device.report("failure", of: id)
        #expect(try await device.next().status == 200)
        try await device.report("failure", of: id)
        #expect(try await device.next().status == 204)
        try await hub.hubctl("deployment", "watch", id).expectRefusal("0 devices have the release, 1 have not")
    }

    @Test func outsideOfItsWindow_NothingBegins() async throws {
        let clock = DateFormatter()
        clock.locale = Locale(identifier: "en_US_POSIX")
        clock.dateFormat = "HH:mm"
        func hour(_ offset: Double) -> String { clock.string(from: Date() + offset * 3600) }
        try await hub.upload("windows")
        let device = try await FleetDevice("windows", at: hub)
        let closed = try await hub.deploy("windows", to: [device], "--window", "\(hour(2))-\(hour(3))")
        #expect(try await device.next().status == 204)
        try await hub.abort(closed)
        let open = try await hub.deploy("windows", to: [device], "--window", "\(hour(-1))-\(hour(2))")
        #expect(try await device.next().status == 200)
        try await hub.abort(open)
    }

    @Test func holdPoint_HoldsUntilItIsReleased() async throws {
        struct Instructions: Decodable {
            struct Map: Decodable { var states: [String: [String: String]] }
            var update_control_map: Map?
        }
        try await hub.upload("holds")
        let fleet = try await FleetDevice.fleet("holds", 2, at: hub)
        let id = try await hub.deploy("holds", to: fleet, "--hold", "install")
        let told = try await fleet[0].next()
        #expect(told.status == 200)
        let map = try told.json(as: Instructions.self).update_control_map
        #expect(map?.states["ArtifactInstall_Enter"]?["action"] == "pause")
        #expect(try await fleet[1].next(knowsHoldPoints: false).status == 204, "it could not wait")

        #expect(try await fleet[0].report("pause_before_installing", of: id) == 204)
        try await hub.hubctl("deployment", "release", id, "install").succeeded()
        let released = try await fleet[0].send("v2/deployments/device/deployments/\(id)/update_control_map")
        #expect(
            try released.json(as: Instructions.self).update_control_map?.states["ArtifactInstall_Enter"]?["action"]
                == "continue")
        try await hub.hubctl("deployment", "release", id, "install").expectRefusal("no device is held at install")

        let used = try await hub.hubctl("artifact", "list", "--release", "holds", "--json").succeeded()
            .json(as: [AdminArtifact].self)
        try await hub.hubctl("artifact", "remove", try #require(used.first).id)
            .expectRefusal("hubctl deployment abort \(id)")
        try await hub.abort(id)
    }

    @Test func filter_TakesMatchingDevicesUpToItsLimit_AndLateReportsStandBeside() async throws {
        try await hub.upload("filters")
        let fleet = try await FleetDevice.fleet("filters", 3, at: hub)
        let stated = try await fleet[1].send(
            "v1/inventory/device/attributes", method: "PUT", #"[{"name":"site","value":"north"}]"#)
        #expect(stated.status == 200)
        let id = try await hub.deploy("filters", "--filter", "inventory.site=north", "--limit", "1")
        #expect(try await fleet.ask() == [200: 1, 204: 2])
        #expect(try await fleet[1].report("success", of: id) == 204)
        try await hub.hubctl("deployment", "watch", id).succeeded()
        let text = try await hub.hubctl("deployment", "show", id).succeeded()
        #expect(text.lines.contains { $0.hasSuffix("every device matching inventory.site=north") })

        for state in ["installing", "success", "failure", "installing"] {
            #expect(try await fleet[1].report(state, of: id) == 204, "a device that goes on after its end is answered")
        }
        let shown = try await hub.deployment(id)
        #expect(shown.deployment.status == "finished" && shown.devices.map(\.state) == ["success"])
        #expect(shown.devices.first?.lateState == "installing" && shown.devices.first?.lateReports == 3)
        let device = try await hub.hubctl("device", "show", fleet[1].id).succeeded()
        #expect(device.lines.contains { $0.split(separator: " ").prefix(2) == ["inventory.site", "north"] })
    }

    @Test func group_WaitsForItsTime() async throws {
        try await hub.upload("groups")
        let fleet = try await FleetDevice.fleet("groups", 2, at: hub)
        try await hub.hubctl("group", "add", "corner", fleet[0].id, fleet[1].id).succeeded()
        let tomorrow = (Date() + 86_400).ISO8601Format()
        let id = try await hub.deploy("groups", "--group", "corner", "--start", tomorrow)
        let made = try await hub.deployment(id).deployment
        #expect(made.deviceCount == 2 && made.status == "scheduled")
        #expect(try await fleet.ask() == [204: 2])
        try await hub.abort(id)
    }

    @Test func deploymentsThatCannotBe_AreRefusedInOneLine() async throws {
        try await hub.hubctl("deployment", "create", "nobody-brought", "--all").expectRefusal("hubctl artifact list")
        try await hub.hubctl("deployment", "create", "a", "--all", "--group", "b").expectWrongUsage()
        try await hub.hubctl("deployment", "create", "a", "--all", "--phase", "tenth").expectWrongUsage()
        let completion = try await hub.hubctl("--generate-completion-script", "bash").succeeded()
        #expect(completion.output.contains("deployment"))
    }

    @Test func abort_IsDrawnAndStandsInTheTrail() async throws {
        try await hub.upload("trail")
        let device = try await FleetDevice("trail", at: hub)
        let id = try await hub.deploy("trail", to: [device])
        try await hub.abort(id)
        // On a terminal the view is drawn over itself.
        let drawn = try await hub.onATerminal("deployment watch " + id).end()
        #expect(drawn.code == 1 && drawn.output.contains("\u{1B}[2J") && drawn.output.contains("aborted"), "\(drawn)")
        let events = try await hub.hubctl("audit", "list", "--subject", id, "--json").succeeded()
            .json(as: [AdminAuditEvent].self)
        #expect(events.map(\.action) == ["deployment.abort", "deployment.create"])
        try await hub.hubctl("audit", "verify").succeeded()
    }
}
