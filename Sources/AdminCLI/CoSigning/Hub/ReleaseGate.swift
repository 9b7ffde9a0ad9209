internal import AdminAPI
internal import CoSigning
internal import Encoding

/// Which artifacts devices may get, as the hub decides it with its projects and releases: what a change of rules would
/// do is computed with it before the change is made.
struct ReleaseGate {
    /// What counts of a project.
    struct Project {
        let id: String
        var deviceTypes: [String]
        var requiresRelease: Bool
        /// Names of its project keys that are active.
        let keys: [String]

        init(_ project: AdminProject) {
            id = project.id
            deviceTypes = project.deviceTypes
            requiresRelease = project.requireRelease
            keys = project.keys("project").filter { $0.state == "active" }.map(\.kid)
        }

        /// One that is to be made; rules that are not given have their defaults.
        init(new id: String, _ rules: AdminProjectRules) {
            (self.id, keys) = (id, [])
            deviceTypes = rules.deviceTypes ?? []
            requiresRelease = rules.requireRelease ?? true
        }

        func changed(_ rules: AdminProjectRules) -> Project {
            var project = self
            project.deviceTypes = rules.deviceTypes ?? deviceTypes
            project.requiresRelease = rules.requireRelease ?? requiresRelease
            return project
        }
    }

    let projects: [Project]
    let releases: [AdminCoSignedRelease]

    /// The project that a device type belongs to.
    func project(ofType type: String) -> Project? {
        projects.first { $0.deviceTypes.contains { isSame($0, type) } }
    }

    /// Whether all devices that an artifact is for may get it.
    func covers(_ artifact: AdminArtifact) -> Bool {
        artifact.deviceTypes.allSatisfy { type in
            guard let project = project(ofType: type), project.requiresRelease else { return true }
            return releases.contains { release in
                isSame(release.project, project.id) && release.state == "approved"
                    && isSame(release.sha256, artifact.sha256) && release.size == artifact.size
                    && release.deviceTypes.contains { isSame($0, type) }
                    && project.keys.contains { isSame($0, release.projectKey) }
            }
        }
    }
}
