internal import AdminAPI
internal import ArgumentParser

/// Which project a command means.
struct ProjectOption: ParsableArguments {
    @Option(help: "ID of the project; may be left out while the hub has only one.") var project: String?

    /// The project that was named, else the only one.
    func find(_ client: AdminClient) async throws -> AdminProject {
        if let project { return try await client.call(CoSignEndpoints.project(project)) }
        let projects = try await client.all(CoSignEndpoints.projects())
        guard let only = projects.first else {
            throw CommandFailure.failed("the hub has no project; make one with: hubctl cosign project create")
        }
        guard projects.count == 1 else { throw CommandFailure.usage(Self.several(projects)) }
        return only
    }

    /// The project that was named, else all of them.
    func all(_ client: AdminClient) async throws -> [AdminProject] {
        if let project { return [try await client.call(CoSignEndpoints.project(project))] }
        return try await client.all(CoSignEndpoints.projects())
    }

    /// The project with a key: the one that was named, else the only one that has it.
    func find(key kid: String, role: String? = nil, _ client: AdminClient) async throws -> AdminProject {
        let projects = try await all(client).filter { $0.key(kid, role: role) != nil }
        guard let only = projects.first else {
            let kind = role.map { "\($0) " } ?? "key "
            let list = role.map { "hubctl cosign \($0) list" } ?? "hubctl cosign key list"
            throw CommandFailure.failed("no \(kind)\(kid) is known; list the known ones with: \(list)")
        }
        guard projects.count == 1 else { throw CommandFailure.usage(Self.several(projects)) }
        return only
    }

    private static func several(_ projects: [AdminProject]) -> String {
        "several projects fit; name one with --project: " + projects.map(\.id).joined(separator: ", ")
    }
}
