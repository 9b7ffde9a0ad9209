internal import AdminAPI
internal import ArgumentParser

struct DeploymentWatchCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a deployment until it finishes.",
        discussion: """
            On a terminal the view is refreshed every second, with the progress of devices that report it over their
            links; otherwise it is printed once, at the end. Exits with 0 if all devices have the release, 3 if some
            have it, 1 if none has it or the deployment was aborted. --once shows the current state, and exits with 0
            while the deployment is in progress.

            Examples:
              hubctl deployment watch 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77
              hubctl deployment watch 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77 --once
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "ID of the deployment.") var id: String
    @Flag(help: "Don't wait for the end.") var once = false

    func work() async throws {
        let client = try connection.client()
        let isDrawing = !connection.json && !once && Terminal.isDrawable
        var deployment = try await client.call(DeploymentEndpoints.show(id))
        var isSilent = false
        while !once, !deployment.isFinished {
            if isDrawing { Terminal.draw(try await page(deployment, client)) }
            try await Task.sleep(for: .seconds(1))
            guard !isDrawing || Terminal.isHeard else { return }
            do {
                deployment = try await client.call(DeploymentEndpoints.show(id))
                isSilent = false
            } catch let failure as CommandFailure where failure.code == 69 {
                // A hub that restarts is back in a moment; said once, not every second.
                if !isSilent { Terminal.complain("\(CommandLine.programName): \(failure.line)") }
                isSilent = true
            }
        }
        let page = try await page(deployment, client)
        if isDrawing {
            Terminal.draw(page)
        } else {
            try Output.show(deployment, json: connection.json) { page }
        }
        guard deployment.isFinished else { return }
        let code = DeploymentTally(deployment).exitCode(status: deployment.status)
        guard code != 0 else { return }
        throw CommandFailure(line: verdict(deployment), code: code)
    }

    private func page(_ deployment: AdminDeployment, _ client: AdminClient) async throws -> String {
        var atWork: [AdminInstallation] = []
        for state in ["downloading", "installing"] where deployment.counts[state] ?? 0 > 0 {
            atWork += try await devices(state, client)
        }
        return DeploymentPage.text(
            deployment, atWork: Array(atWork.filter { $0.progress != nil }.prefix(DeploymentPage.failingLimit)),
            failing: try await devices("failure", client))
    }

    private func devices(_ state: String, _ client: AdminClient) async throws -> [AdminInstallation] {
        try await client.all(
            DeploymentEndpoints.devices(id, query: InstallationQuery(state: state)),
            limit: DeploymentPage.failingLimit)
    }

    private func verdict(_ deployment: AdminDeployment) -> String {
        let tally = DeploymentTally(deployment)
        let advice = "see why with: hubctl deployment show \(deployment.id)"
        if deployment.status == "aborted" { return "the deployment was aborted; \(advice)" }
        return "\(tally.good) devices have the release, \(tally.total - tally.good) have not; \(advice)"
    }
}
