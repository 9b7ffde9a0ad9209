/// Devices: their records, their keys of the update protocol, their settings and their links.
package enum DeviceEndpoints {
    package static let list = AdminEndpoint<NoParameters, DeviceQuery, NoContent, AdminPage<AdminDevice>>(
        .get, "devices")
    package static let show = AdminEndpoint<String, NoQuery, NoContent, AdminDevice>(.get, "devices/{id}")
    package static let approve = AdminEndpoint<String, NoQuery, AdminApproval, AdminDevice>(
        .post, "devices/{id}/approve")
    package static let reject = AdminEndpoint<String, NoQuery, NoContent, AdminDevice>(.post, "devices/{id}/reject")
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "devices/{id}")

    package static let preauthorize = AdminEndpoint<NoParameters, NoQuery, AdminPreauthorization, AdminDevice>(
        .post, "devices/preauthorize", status: 201)
    /// Accepts a key of the update protocol.
    package static let accept = AdminEndpoint<String, NoQuery, AdminAcceptance, AdminDevice>(
        .post, "devices/{id}/accept")

    package static let settings = AdminEndpoint<String, NoQuery, NoContent, AdminSettings>(
        .get, "devices/{id}/settings")
    package static let changeSettings = AdminEndpoint<String, NoQuery, AdminSettingsChange, AdminSettings>(
        .post, "devices/{id}/settings")
    package static let deploySettings = AdminEndpoint<String, NoQuery, AdminSettingsDeploy, AdminDeployment>(
        .post, "devices/{id}/settings/deploy", status: 201)

    package static let health = AdminEndpoint<String, HealthQuery, NoContent, AdminDeviceHealth>(
        .get, "devices/{id}/health")
    /// Lines of the device's log, oldest first.
    package static let logs = AdminEndpoint<String, PageQuery, NoContent, AdminPage<AdminLogLine>>(
        .get, "devices/{id}/logs")
    package static let updates = AdminEndpoint<String, NoQuery, NoContent, AdminDeviceUpdates>(
        .get, "devices/{id}/updates")
    package static let changeUpdates = AdminEndpoint<String, NoQuery, AdminUpdatesChange, AdminDeviceUpdates>(
        .post, "devices/{id}/updates")
    /// Brings an artifact to a device at once.
    package static let push = AdminEndpoint<String, NoQuery, AdminPush, AdminDeployment>(
        .post, "devices/{id}/push", status: 201)

    /// A WebSocket with the envelopes of docs/protocols/mender.md 13.
    package static let link = AdminEndpoint<String, DeviceLinkQuery, NoContent, RawContent>(
        .get, "devices/{id}/link")
}

package struct DeviceLinkQuery: EndpointQuery {
    /// Whether the console of the live link is wanted, also where mender-connect runs.
    package var console = false

    package static var fields: [QueryField<Self>] { [.flag("console", \.console)] }

    package init() {}

    package init(console: Bool) { self.console = console }
}

package struct DeviceQuery: PagedQuery {
    /// Only those in this state.
    package var state: String?
    /// Only those whose ID could be no new device's.
    package var invalidIDs = false
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] { [.text("state", \.state), .flag("invalidIDs", \.invalidIDs)] }

    package init() {}

    package init(state: String? = nil, invalidIDs: Bool = false) {
        self.state = state
        self.invalidIDs = invalidIDs
    }
}

package struct HealthQuery: EndpointQuery {
    /// Samples of the last hours only, 1 to ``longest``; `nil` for all.
    package var hours: NumberText<Int64>?

    /// As long as samples are kept.
    package static let longest: Int64 = 168

    package static var fields: [QueryField<Self>] { [.number("hours", \.hours)] }

    package init() {}

    package init(hours: Int64) { self.hours = NumberText(hours) }
}
