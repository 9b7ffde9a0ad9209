internal import AdminAPI
internal import ArgumentParser

struct ProjectSetCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change the rules of a project.",
        discussion: """
            --device-types replaces the whole list. Open deployments for a type that comes to the project are held until
            releases cover their artifacts; --dry-run shows which.

            Examples:
              hubctl cosign project set ID --device-types rpi4,rpi5 --dry-run
              hubctl cosign project set ID --approval manual --ttl 300
              hubctl cosign project set ID --no-require-release
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "ID of the project.") var id: String
    @OptionGroup(title: "Rules") var rules: ProjectRuleOptions
    @Flag(help: "Only show which deployments would be held or released.") var dryRun = false

    func validate() throws {
        guard rules.isUsed else { throw ValidationError("say what to change, such as --device-types") }
    }

    func work() async throws {
        let client = try connection.client()
        let change = try rules.read()
        guard !dryRun else {
            let project = ReleaseGate.Project(try await client.call(CoSignEndpoints.project(id)))
            return try await RuleChange(to: project.changed(change), client).show(json: connection.json)
        }
        let project = try await client.call(CoSignEndpoints.change(id, change))
        try Output.show(project, json: connection.json) { project.text }
    }
}
