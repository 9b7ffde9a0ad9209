internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Rules
internal import Wire

struct DeploymentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deployment", abstract: "Create and manage deployments.",
        subcommands: [
            DeploymentCreateCommand.self, List.self, Show.self, DeploymentWatchCommand.self, Pause.self, Resume.self,
            Abort.self, Release.self, Logs.self,
        ])

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List deployments, newest first.",
            discussion: """
                Examples:
                  hubctl deployment list
                  hubctl deployment list --state inprogress --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only those that are pending, inprogress or finished.") var state: String?
        @Option(help: "Only those whose name or release contains this.") var search: String?
        @Option(help: "Maximum to list.") var limit = 100

        func validate() throws {
            guard limit >= 1 else { throw ValidationError("--limit is at least 1") }
        }

        func work() async throws {
            let deployments = try await connection.client().all(
                DeploymentEndpoints.list(query: AdminDeploymentQuery(state: state, search: search)), limit: limit)
            try Output.show(deployments, json: connection.json) {
                Output.table(
                    ["DEPLOYMENT", "NAME", "RELEASE", "STATUS", "DEVICES", "DONE", "FAILED", "ABORTED", "MADE"],
                    deployments.map { deployment in
                        let tally = DeploymentTally(deployment)
                        return [
                            deployment.id, deployment.name, deployment.release, deployment.status,
                            deployment.deviceCount.map(String.init), "\(tally.good)", "\(tally.failed)",
                            "\(tally.aborted)", deployment.createdAt,
                        ]
                    }, empty: "no deployments; make one with: hubctl deployment create RELEASE --all")
            }
        }
    }

    struct Show: HubCommand {
        /// The deployment with its devices.
        struct Whole: Encodable {
            let deployment: AdminDeployment
            let devices: [AdminInstallation]
        }

        static let configuration = CommandConfiguration(
            abstract: "Show a deployment and its state on each device.",
            discussion: """
                TRIES FAILED counts the tries of a device that failed, the last one too once its state is failure.
                Bytes offered are those of the artifacts that devices were offered, whether they fetched them or not.

                Examples:
                  hubctl deployment show 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77
                  hubctl deployment show 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77 --state failure
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the deployment.") var id: String
        @Option(help: "Only devices in this state.") var state: String?
        @Option(help: "Maximum number of devices to list.") var limit = 1000

        func validate() throws {
            guard limit >= 1 else { throw ValidationError("--limit is at least 1") }
        }

        func work() async throws {
            let client = try connection.client()
            let whole = Whole(
                deployment: try await client.call(DeploymentEndpoints.show(id)),
                devices: try await client.all(
                    DeploymentEndpoints.devices(id, query: InstallationQuery(state: state)), limit: limit))
            try Output.show(whole, json: connection.json) {
                guard !whole.devices.isEmpty else { return whole.deployment.text }
                let more = whole.devices.count == limit ? "\nand perhaps more: --limit shows them" : ""
                return whole.deployment.text + "\n\n" + DeploymentPage.table(whole.devices) + more
            }
        }
    }

    struct Pause: DeploymentChange {
        static let configuration = CommandConfiguration(
            abstract: "Pause a deployment; devices that have started continue.",
            discussion: "Example:\n  hubctl deployment pause 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77")

        static let endpoint = DeploymentEndpoints.pause
        static let outcome = "is paused"

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the deployment.") var id: String
    }

    struct Resume: DeploymentChange {
        static let configuration = CommandConfiguration(
            abstract: "Resume a deployment; if it stopped because of failures, drop that rule.",
            discussion: "Example:\n  hubctl deployment resume 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77")

        static let endpoint = DeploymentEndpoints.resume
        static let outcome = "is resumed"

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the deployment.") var id: String
    }

    struct Abort: DeploymentChange {
        static let configuration = CommandConfiguration(
            abstract: "Abort a deployment; devices that are installing roll back after their next report.",
            discussion: "Example:\n  hubctl deployment abort 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77")

        static let endpoint = DeploymentEndpoints.abort
        static let outcome = "is aborted"

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the deployment.") var id: String
    }

    struct Release: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Release devices that wait at a hold point.",
            discussion: "Example:\n  hubctl deployment release 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77 install")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the deployment.") var id: String
        @Argument(help: "install, reboot or commit.", completion: .list(RolloutRules.holdPoints)) var point: String

        func validate() throws { try RolloutText.validate(holdPoint: point) }

        func work() async throws {
            let deployment = try await connection.client().call(
                DeploymentEndpoints.release(id, AdminRelease(point: point)))
            try Output.show(deployment, json: connection.json) {
                "devices of deployment \(deployment.id) go on at \(point)"
            }
        }
    }

    struct Logs: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a device's log of a deployment; devices send it when they fail.",
            discussion: "Example:\n  hubctl deployment logs 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77 lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the deployment.") var id: String
        @Argument(help: "Device ID.") var device: String

        func work() async throws {
            let path = InstallationPath(deployment: id, device: device)
            let log = String(
                decoding: try await connection.client().call(DeploymentEndpoints.log(path)), as: UTF8.self)
            try Output.show(["deployment": id, "device": device, "log": log], json: connection.json) {
                log.split(separator: "\n").map { Terminal.plain(String($0)) }.joined(separator: "\n")
            }
        }
    }
}

/// A change of a deployment that needs no words beside its name.
protocol DeploymentChange: HubCommand {
    static var endpoint: AdminEndpoint<String, NoQuery, NoContent, AdminDeployment> { get }
    /// What the deployment does afterwards.
    static var outcome: String { get }
    var connection: ConnectionOptions { get }
    var id: String { get }
}

extension DeploymentChange {
    /// Asks for the change and shows what came of it.
    func work() async throws {
        let deployment = try await connection.client().call(Self.endpoint(id))
        try Output.show(deployment, json: connection.json) { "deployment \(deployment.id) \(Self.outcome)" }
    }
}
