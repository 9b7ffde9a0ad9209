/// Co-signed releases: projects, their keys, what publishers released.
package enum CoSignEndpoints {
    package static let projects = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminProject>>(
        .get, "cosign/projects")
    package static let create = AdminEndpoint<NoParameters, NoQuery, AdminNewProject, AdminProject>(
        .post, "cosign/projects", status: 201)
    package static let project = AdminEndpoint<String, NoQuery, NoContent, AdminProject>(.get, "cosign/projects/{id}")
    package static let change = AdminEndpoint<String, NoQuery, AdminProjectRules, AdminProject>(
        .patch, "cosign/projects/{id}")
    package static let suspend = AdminEndpoint<String, NoQuery, NoContent, AdminProject>(
        .post, "cosign/projects/{id}/suspend")
    package static let resume = AdminEndpoint<String, NoQuery, NoContent, AdminProject>(
        .post, "cosign/projects/{id}/resume")
    package static let addKey = AdminEndpoint<String, NoQuery, AdminNamedKey, AdminProject>(
        .post, "cosign/projects/{id}/keys", status: 201)
    package static let setKeyState = AdminEndpoint<ProjectKeyPath, NoQuery, AdminState, AdminProject>(
        .patch, "cosign/projects/{id}/keys/{kid}")
    /// The key that follows the co-signer's, made when there is none.
    package static let nextCoSigner = AdminEndpoint<String, NoQuery, AdminNextCoSigner, AdminNamedKey>(
        .post, "cosign/projects/{id}/cosigner")
    /// The trust store of the project's devices, as the protocol has it.
    package static let trust = AdminEndpoint<String, NoQuery, NoContent, RawContent>(
        .get, "cosign/projects/{id}/trust")
    package static let signKeySet = AdminEndpoint<String, NoQuery, AdminSignedMessage, AdminSignedMessage>(
        .post, "cosign/projects/{id}/keysets/sign")
    package static let publishKeySet = AdminEndpoint<String, NoQuery, AdminSignedMessage, AdminProject>(
        .post, "cosign/projects/{id}/keysets", status: 201)
    package static let addRelease = AdminEndpoint<String, NoQuery, AdminSignedMessage, AdminCoSignedRelease>(
        .post, "cosign/projects/{id}/releases", status: 201)
    package static let releases = AdminEndpoint<NoParameters, ReleaseQuery, NoContent, AdminPage<AdminCoSignedRelease>>(
        .get, "cosign/releases")
    package static let release = AdminEndpoint<String, NoQuery, NoContent, AdminCoSignedRelease>(
        .get, "cosign/releases/{id}")
    package static let setReleaseState = AdminEndpoint<String, NoQuery, AdminState, AdminCoSignedRelease>(
        .patch, "cosign/releases/{id}")
    package static let bundle = AdminEndpoint<String, NoQuery, AdminBundle, AdminSignedMessage>(
        .post, "cosign/releases/{id}/bundle")
}

/// Which releases are listed.
package struct ReleaseQuery: EndpointQuery {
    package var project: String?
    package var stream: String?

    package static var fields: [QueryField<Self>] { [.text("project", \.project), .text("stream", \.stream)] }

    package init() {}
}

package struct ProjectKeyPath: PathParameters {
    package let project: String
    package let kid: String

    package static let count = 2
    package var texts: [String] { [project, kid] }

    package init(project: String, kid: String) {
        (self.project, self.kid) = (project, kid)
    }

    package init(reading next: () throws -> String) rethrows {
        project = try next()
        kid = try next()
    }
}
