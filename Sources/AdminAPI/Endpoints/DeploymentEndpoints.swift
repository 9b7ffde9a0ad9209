/// Bringing releases to devices.
package enum DeploymentEndpoints {
    package static let list = AdminEndpoint<NoParameters, AdminDeploymentQuery, NoContent, AdminPage<AdminDeployment>>(
        .get, "deployments")
    package static let create = AdminEndpoint<NoParameters, NoQuery, AdminNewDeployment, AdminDeployment>(
        .post, "deployments", status: 201)
    package static let show = AdminEndpoint<String, NoQuery, NoContent, AdminDeployment>(.get, "deployments/{id}")
    package static let devices = AdminEndpoint<String, InstallationQuery, NoContent, AdminPage<AdminInstallation>>(
        .get, "deployments/{id}/devices")
    /// Text that a device sent.
    package static let log = AdminEndpoint<InstallationPath, NoQuery, NoContent, RawContent>(
        .get, "deployments/{id}/devices/{device}/log")

    package static let pause = AdminEndpoint<String, NoQuery, NoContent, AdminDeployment>(
        .post, "deployments/{id}/pause")
    package static let resume = AdminEndpoint<String, NoQuery, NoContent, AdminDeployment>(
        .post, "deployments/{id}/resume")
    package static let abort = AdminEndpoint<String, NoQuery, NoContent, AdminDeployment>(
        .post, "deployments/{id}/abort")
    package static let release = AdminEndpoint<String, NoQuery, AdminRelease, AdminDeployment>(
        .post, "deployments/{id}/release")
}

package struct AdminDeploymentQuery: PagedQuery {
    /// Only those that are `pending`, `inprogress` or `finished`.
    package var state: String?
    /// Only those with this in name or release.
    package var search: String?
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] { [.text("state", \.state), .text("search", \.search)] }

    package init() {}

    package init(state: String? = nil, search: String? = nil) {
        self.state = state
        self.search = search
    }
}

package struct InstallationQuery: PagedQuery {
    /// Only devices in this state.
    package var state: String?
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] { [.text("state", \.state)] }

    package init() {}

    package init(state: String?) { self.state = state }
}

package struct InstallationPath: PathParameters {
    package let deployment: String
    package let device: String

    package static let count = 2
    package var texts: [String] { [deployment, device] }

    package init(deployment: String, device: String) {
        self.deployment = deployment
        self.device = device
    }

    package init(reading next: () throws -> String) rethrows {
        deployment = try next()
        device = try next()
    }
}
