internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Filters
import Testing
import Wire

@testable import AdminCLI

@Suite struct DeploymentTextTests {
    private static func deployment(_ counts: [String: Int], status: String = "finished") -> AdminDeployment {
        var deployment = AdminDeployment(
            id: "d", name: "n", release: "r", status: status, createdAt: "0", startsAt: "0", target: "all")
        deployment.counts = counts
        deployment.deviceCount = counts.values.reduce(0, +)
        return deployment
    }

    @Test func phase_IsShareAndTime() throws {
        #expect(try RolloutText.phase("10%") == AdminPhase(percent: 10, startsAt: nil))
        #expect(try RolloutText.phase("rest") == AdminPhase(percent: nil, startsAt: nil))
        #expect(
            try RolloutText.phase("50%@2027-01-01T03:00:00+01:00")
                == AdminPhase(percent: 50, startsAt: "2027-01-01T02:00:00Z"))
        #expect(
            try RolloutText.phase("rest@2027-01-01T02:00:00Z")
                == AdminPhase(percent: nil, startsAt: "2027-01-01T02:00:00Z"))
    }

    @Test(arguments: ["", "10", "0%", "101%", "%", "-5%", "10%@", "10%@2027-01-01", "rest@soon", "@", "remainder"])
    func brokenPhase_IsRefused(text: String) {
        #expect(throws: CommandFailure.self) { try RolloutText.phase(text) }
    }

    @Test(arguments: [
        ("Mon-Fri 02:00-04:00", [1, 2, 3, 4, 5]), ("sat,SUN 22:00-06:00", [6, 7]),
        ("Fri-Mon 00:00-24:00", [1, 5, 6, 7]), ("Wed 02:00-02:01", [3]),
    ])
    func window_HasDays(text: String, days: [Int]) throws {
        #expect(try RolloutText.window(text).days == days)
    }

    @Test func windowWithoutDays_IsForAllOfThem() throws {
        let window = try RolloutText.window("02:00-04:00")
        #expect(window == AdminWindow(days: nil, from: "02:00", to: "04:00"))
        #expect(RolloutText.text(window) == "02:00-04:00")
        #expect(RolloutText.text(try RolloutText.window("Sat-Sun 22:00-06:00")) == "Sat,Sun 22:00-06:00")
    }

    @Test(arguments: [
        "", "02:00", "02:00-02:00", "Sun 1:00-02:00", "Mon 02:00", "Foo 02:00-04:00", "Mon- 02:00-04:00", "02:60-04:00",
        "25:00-26:00",
        "24:00-02:00", "Mon Tue 02:00-04:00", "Mon-Tue-Wed 02:00-04:00", ", 02:00-04:00",
    ])
    func brokenWindow_IsRefused(text: String) {
        #expect(throws: CommandFailure.self) { try RolloutText.window(text) }
    }

    @Test(arguments: [
        (["success": 3], "finished", Int32(0)), (["success": 2, "already-installed": 1], "finished", 0),
        (["success": 2, "failure": 1], "finished", 3), (["failure": 3], "finished", 1),
        (["noartifact": 1, "success": 1], "finished", 3), (["success": 2, "aborted": 1], "aborted", 1),
        ([:], "finished", 1),
    ])
    func end_HasItsExitCode(counts: [String: Int], status: String, code: Int32) {
        #expect(DeploymentTally(Self.deployment(counts)).exitCode(status: status) == code)
    }

    private static func create(_ options: String...) -> DeploymentCreateCommand? {
        (try? DeploymentCreateCommand.parseAsRoot(["r"] + options)) as? DeploymentCreateCommand
    }

    @Test func standingOptions_AreReadAsTheyAreWritten() throws {
        let command = try #require(
            Self.create(
                "--product", "widget", "--version-requirement", "~> 1.2", "--concurrent", "20", "--failures", "2",
                "--failure-rate", "4/60", "--penalty", "90"))
        var wish = AdminNewDeployment(release: "r")
        try command.standing.fill(&wish)
        #expect(wish.product == "widget" && wish.versionRequirement == "~> 1.2" && wish.concurrent == 20)
        #expect(wish.failures == 2 && wish.penaltyMinutes == 90)
        #expect(wish.failureRate == AdminFailureRate(attempts: 4, seconds: 60))
        #expect(!command.target.isNamed)
    }

    @Test(arguments: [
        [], ["--concurrent", "3"], ["--all", "--group", "g"], ["--all", "--concurrent", "0"],
        ["--all", "--failures", "0"], ["--all", "--failure-rate", "5"], ["--all", "--penalty", "0"],
        ["--all", "--version-requirement", "1"], ["--product", ""],
    ]) func optionsThatMakeNoSense_AreRefused(options: [String]) {
        #expect((try? DeploymentCreateCommand.parseAsRoot(["r"] + options)) == nil)
    }

    @Test func standingRollout_IsShown() {
        var deployment = Self.deployment(["installing": 1])
        deployment.product = "widget"
        deployment.versionRequirement = "~> 1.2"
        deployment.concurrent = 10
        deployment.failures = 3
        deployment.failureRate = AdminFailureRate(attempts: 5, seconds: 180)
        deployment.penaltyMinutes = 1440
        let text = deployment.text
        for part in [
            "product widget, version ~> 1.2", "10 devices", "no other try after 3", "waits after 5 tries in 180 s",
            "waits 1440 min after a failure",
        ] { #expect(text.contains(part), "\(part)") }
        var device = AdminInstallation(deviceID: "lamp", state: "installing")
        device.progress = 40
        let page = DeploymentPage.text(deployment, atWork: [device], failing: [])
        #expect(page.contains("AT WORK") && page.contains("40 %"))
        #expect(DeploymentPage.table([device]).contains("installing 40 %"))
    }

    @Test func updatesOfADevice_AreOneLine() {
        var updates = AdminDeviceUpdates(
            deviceID: "lamp", enabled: false, mode: "device_managed", mayManage: true, attempts: ["t"])
        updates.blockedUntil = "2027-01-01T00:00:00Z"
        let text =
            "off, device_managed, may choose its mode, waits until 2027-01-01T00:00:00Z, "
            + "1 tries since the last success"
        #expect(updates.text == text)
        var flight = AdminFlight(state: "updating", changedAt: "t")
        flight.progress = 30
        updates.flight = flight
        let table = DeviceCommand.UpdatesCommand.table([updates])
        #expect(table.contains("an update of its own: updating, 30 %, t"))
    }

    @Test func abortedDevices_AreNeitherDoneNorFailed() {
        let deployment = Self.deployment(
            ["success": 2, "failure": 1, "noartifact": 1, "aborted": 4, "installing": 1, "pending": 1])
        let tally = DeploymentTally(deployment)
        #expect((tally.good, tally.failed, tally.aborted) == (2, 2, 4))
        #expect(tally.done == 4 && tally.total == 10)
        let page = DeploymentPage.text(deployment, failing: [])
        #expect(page.contains("4 of 10 done, 40 %"))
        #expect(
            DeploymentPage.bar(tally, of: 10) == String(repeating: "#", count: 10)
                + String(repeating: "x", count: 10) + String(repeating: "-", count: 20) + ">>>>>.....")
    }

    @Test func filter_IsShownInTheWordsOfTheCommandLine() throws {
        let terms = ["inventory.os=debian", "tags.site~^north", "!system.group"]
        let filter = try InventoryFilter(try terms.map { try InventoryFilter.Term(text: $0) })
        #expect(FilterWords.text(filter.json) == "inventory.os=debian and tags.site~^north and !system.group")
        #expect(FilterWords.text(.object([.init("terms", filter.json)])) == FilterWords.text(filter.json))
        #expect(FilterWords.text(.string("x")) == "\"x\"")
        var deployment = Self.deployment([:])
        deployment.target = "filter"
        deployment.filter = filter.json
        #expect(deployment.text.contains("every device matching inventory.os=debian and"))
    }

    @Test func bar_NeverGrowsBeyondItsWidth() {
        for good in [0, 1, 7, 999] {
            for bad in [0, 1, 500] {
                let tally = DeploymentTally(Self.deployment(["success": good, "failure": bad, "pending": 1]))
                #expect(DeploymentPage.bar(tally, of: good + bad + 1).count == 50)
                #expect(DeploymentPage.bar(tally, of: 1).count == 50)
            }
        }
        let tally = DeploymentTally(Self.deployment(["success": 5, "failure": 2, "installing": 1, "pending": 2]))
        #expect(
            DeploymentPage.bar(tally, of: 10) == String(repeating: "#", count: 25)
                + String(repeating: "x", count: 10) + ">>>>>" + String(repeating: ".", count: 10))
    }

    @Test func nameOfADevice_DoesNotMoveTheCursor() {
        let page = DeploymentPage.text(
            Self.deployment(["failure": 1]), failing: [AdminInstallation(deviceID: "x\u{1B}[2J", state: "failure")])
        #expect(!page.contains("\u{1B}"))
    }
}
