internal import AdminAPI
internal import ArgumentParser

struct ProjectResumeCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Resume co-signing for a project, after a look at its keys and releases.",
        discussion: """
            After a restore co-signing is suspended: a key that was revoked and a release that was withdrawn after the
            backup was made count again. The command shows keys and releases as the hub knows them, and asks. Repeat
            what is newer than the backup before you answer yes. Without a terminal give --yes.

            Examples:
              hubctl cosign project resume ID
              hubctl cosign project resume ID --yes
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "ID of the project.") var id: String
    @Flag(help: "Do not ask.") var yes = false

    private struct Overview: Encodable {
        let project: AdminProject
        let releases: [AdminCoSignedRelease]
        /// Whether there are older releases that are not shown.
        let hasMore: Bool

        var text: String {
            project.text + "\n\n" + releases.table(empty: "no releases")
                + (hasMore
                    ? "\nthere are more; list them with: hubctl cosign release list --project \(project.id)" : "")
        }
    }

    /// Releases that are shown, the newest of all streams.
    private static let limit = 50

    func work() async throws {
        let client = try connection.client()
        if !yes {
            let overview = try await overview(client)
            try Output.show(overview, json: connection.json) { overview.text }
            guard overview.project.suspended else { return }
            try confirm()
        }
        let project = try await client.call(CoSignEndpoints.resume(id))
        guard yes || !connection.json else { return }
        try Output.show(project, json: connection.json) { Terminal.plain("the hub co-signs for \(id) again") }
    }

    private func overview(_ client: AdminClient) async throws -> Overview {
        let project = try await client.call(CoSignEndpoints.project(id))
        var query = ReleaseQuery()
        query.project = id
        let releases = try await client.call(CoSignEndpoints.releases(query: query)).items
        return Overview(
            project: project, releases: Array(releases.prefix(Self.limit)), hasMore: releases.count > Self.limit)
    }

    private func confirm() throws {
        let answer = Terminal.askOpenly(
            "\nIs everything revoked and withdrawn that must be? Type yes to resume co-signing: ")
        guard let answer else {
            throw CommandFailure.usage("look at keys and releases above, then resume with: --yes")
        }
        guard answer.lowercased() == "yes" else {
            throw CommandFailure.failed("nothing was changed; co-signing is still suspended")
        }
    }
}
