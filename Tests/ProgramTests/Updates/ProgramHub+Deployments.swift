import AdminAPI
import Testing

/// Artifacts and deployments as hubctl makes and shows them.
extension ProgramHub {
    /// What `hubctl deployment show --json` prints.
    struct Shown: Decodable {
        var deployment: AdminDeployment
        var devices: [AdminInstallation]
    }

    /// Writes an artifact for lamps; its file.
    @discardableResult
    func writeArtifact(_ release: String, content: String = "bright\n", deviceType: String = "lamp") async throws
        -> String
    {
        try write(release + ".txt", content)
        let file = path(release + ".mender")
        try await hubctl(
            "artifact", "write", "--name", release, "--device-type", deviceType, "--type", "lampd", "--file",
            release + ".txt", "--compression", "none", "--out", file
        ).succeeded()
        return file
    }

    /// Brings a release for lamps to the hub.
    func upload(_ release: String) async throws {
        try await hubctl("artifact", "upload", writeArtifact(release)).succeeded()
    }

    /// Makes a deployment; its ID.
    func deploy(_ release: String, to devices: [FleetDevice] = [], _ options: String...) async throws -> String {
        let target = devices.isEmpty ? [] : ["--device"] + devices.map(\.id)
        let result = try await Program.run(
            Program.hubctl.path, ["deployment", "create", release, "--json"] + target + options, in: path(""),
            environment: ["HUB_SOCKET": socket])
        return try result.succeeded().json(as: AdminDeployment.self).id
    }

    func deployment(_ id: String) async throws -> Shown {
        try await hubctl("deployment", "show", id, "--json").succeeded().json()
    }

    func abort(_ deployment: String) async throws {
        try await hubctl("deployment", "abort", deployment).succeeded()
    }
}
