internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Registry
internal import Updates
internal import Wire

extension AdminRoutes {
    /// Settings of devices of the update protocol.
    func addSettings(to group: RouterGroup<HubContext>) {
        group.get("devices/:id/settings") { _, context in
            try JSONBody.encode(try await settings(of: context.pathParameter("id")))
        }
        group.post("devices/:id/settings") { request, context in
            let id = try context.pathParameter("id")
            // As many as may be, of full length.
            let asked = try await JSONBody.decode(AdminSettingsChange.self, from: request, limit: 4 << 20)
            _ = try await registry.devices.device(id)
            do {
                try await registry.devices.changeConfigured(
                    of: id, set: asked.set ?? [:], remove: asked.remove ?? [], isReplacing: asked.replace ?? false,
                    by: context.peer.requester)
            } catch let error as DeviceSettingsError {
                throw AdminError.badRequest("\(error)")
            }
            return try JSONBody.encode(try await settings(of: id))
        }
        group.post("devices/:id/settings/deploy") { request, context in
            let id = try context.pathParameter("id")
            let asked = try await JSONBody.decode(AdminSettingsDeploy.self, from: request)
            _ = try await registry.devices.device(id)
            let deployment = try await updates.deployConfiguration(
                of: id, retries: asked.retries ?? 0, by: context.peer.requester)
            return try JSONBody.encode(try await view(deployment), status: .created)
        }
    }

    private func settings(of id: String) async throws -> AdminSettings {
        _ = try await registry.devices.device(id)
        let configuration = try await registry.devices.configuration(of: id)
        var settings = AdminSettings(deviceID: id)
        for setting in configuration.configured.settings { settings.configured[setting.name] = setting.value }
        for setting in configuration.reported.settings { settings.reported[setting.name] = setting.value }
        settings.deploymentID = configuration.deploymentID
        settings.configuredAt = configuration.configuredAt.map(RFC3339.text)
        settings.reportedAt = configuration.reportedAt.map(RFC3339.text)
        return settings
    }
}
