internal import AdminAPI
internal import CoSigning
internal import Encoding

/// What a change of a project's rules would do to the deployments that are open.
struct RuleChange: Encodable {
    struct Deployment: Encodable {
        let id: String
        let name: String
        let release: String

        init(_ deployment: AdminDeployment) {
            (id, name, release) = (deployment.id, deployment.name, deployment.release)
        }
    }

    let project: String
    let deviceTypes: [String]
    let requireRelease: Bool
    /// Deployments that would wait for a release.
    let held: [Deployment]
    /// Deployments that wait for a release now and would go on.
    let released: [Deployment]

    /// Asks the hub for all that it takes, and changes nothing.
    ///
    /// - Parameters:
    ///   - project: as it would be.
    ///   - isNew: whether it is to be made.
    init(to project: ReleaseGate.Project, isNew: Bool = false, _ client: AdminClient) async throws {
        let known = try await client.all(CoSignEndpoints.projects()).map(ReleaseGate.Project.init)
        if isNew, known.contains(where: { isSame($0.id, project.id) }) {
            throw CommandFailure.failed(
                "project \(project.id) exists already; change it with: hubctl cosign project set")
        }
        let others = known.filter { !isSame($0.id, project.id) }
        try Self.refuseTaken(project, others)
        let gate = ReleaseGate(projects: others + [project], releases: try await Self.releases(known, client))
        var artifacts: [String: AdminArtifact] = [:]
        var (held, released): ([Deployment], [Deployment]) = ([], [])
        for deployment in try await client.all(DeploymentEndpoints.list()) where !deployment.isFinished {
            var isCovered = true
            for id in deployment.artifacts {
                if artifacts[id] == nil { artifacts[id] = try await client.call(ArtifactEndpoints.show(id)) }
                if let artifact = artifacts[id], !gate.covers(artifact) { isCovered = false }
            }
            switch (deployment.pauseReason, isCovered) {
            case (nil, false): held.append(Deployment(deployment))
            case ("releaseMissing", true): released.append(Deployment(deployment))
            default: break
            }
        }
        self.project = project.id
        (deviceTypes, requireRelease) = (project.deviceTypes, project.requiresRelease)
        (self.held, self.released) = (held, released)
    }

    private static func refuseTaken(_ project: ReleaseGate.Project, _ others: [ReleaseGate.Project]) throws {
        for other in others {
            guard
                let type = project.deviceTypes.first(where: { type in other.deviceTypes.contains { isSame($0, type) } })
            else { continue }
            throw CommandFailure.failed(
                "device type \(type) belongs to project \(other.id); take it from there with: "
                    + "hubctl cosign project set \(other.id) --device-types …")
        }
    }

    private static func releases(
        _ projects: [ReleaseGate.Project], _ client: AdminClient
    ) async throws -> [AdminCoSignedRelease] {
        var releases: [AdminCoSignedRelease] = []
        for project in projects {
            var query = ReleaseQuery()
            query.project = project.id
            releases += try await client.call(CoSignEndpoints.releases(query: query)).items
        }
        return releases
    }

    func show(json: Bool) throws {
        try Output.show(self, json: json) {
            let rules = Output.pairs([
                "project": project, "device types": deviceTypes.isEmpty ? "none" : deviceTypes.joined(separator: ", "),
                "updates need a release": requireRelease ? "yes" : "no",
            ])
            let rows =
                held.map { [$0.id, $0.name, $0.release, "would be held: a release is missing"] }
                + released.map { [$0.id, $0.name, $0.release, "would go on"] }
            return rules + "\n\n"
                + Output.table(["DEPLOYMENT", "NAME", "RELEASE", ""], rows, empty: "no open deployment is affected")
                + "\nnothing was changed"
        }
    }
}
