internal import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Updates
internal import Wire

extension AdminRoutes {
    /// Settings of devices of the update protocol.
    func addSettings(to group: RouterGroup<HubContext>) {
        group.serve(DeviceEndpoints.settings) { request in try await settings(of: request.parameters) }
        group.serve(DeviceEndpoints.changeSettings) { request in
            let id = request.parameters
            // As many as may be, of full length.
            let change = try await request.body(limit: 4 << 20)
            _ = try await devices.device(id)
            do {
                try await configurations.changeConfigured(
                    of: id, set: change.set ?? [:], remove: change.remove ?? [], isReplacing: change.replace ?? false,
                    by: request.requester)
            } catch let error as DeviceSettingsError {
                throw AdminError.badRequest("\(error)")
            }
            return try await settings(of: id)
        }
        group.serve(DeviceEndpoints.deploySettings) { request in
            let id = request.parameters
            let retries = try await request.body().retries
            _ = try await devices.device(id)
            return try await view(
                try await updates.deployConfiguration(of: id, retries: retries ?? 0, by: request.requester))
        }
    }

    private func settings(of id: String) async throws -> AdminSettings {
        _ = try await devices.device(id)
        let configuration = try await configurations.configuration(of: id)
        var settings = AdminSettings(deviceID: id)
        for setting in configuration.configured.settings { settings.configured[setting.name] = setting.value }
        for setting in configuration.reported.settings { settings.reported[setting.name] = setting.value }
        settings.deploymentID = configuration.deploymentID
        settings.configuredAt = configuration.configuredAt.map(RFC3339.text)
        settings.reportedAt = configuration.reportedAt.map(RFC3339.text)
        return settings
    }
}
