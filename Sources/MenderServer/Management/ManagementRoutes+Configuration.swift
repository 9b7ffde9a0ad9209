internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import People
internal import Updates
internal import Wire

extension ManagementRoutes {
    /// Settings of devices (docs/protocols/mender.md 14).
    func addConfigurations(to group: RouterGroup<HubContext>) {
        let group = group.group("v1/deviceconfig/configurations/device")
        group.get(":id") { _, context in
            let configuration = try await configurations.configuration(of: try await deviceID(context))
            let id = try context.pathParameter("id")
            return MenderBody.answer { writer in configuration.write(id: id, to: &writer) }
        }
        group.needing(.operator).put(":id") { request, context in
            let id = try await deviceID(context)
            let body = try await MenderBody.json(request)
            let configured = try MenderBody.settings { () throws(DeviceSettingsError) in try DeviceSettings(body) }
            try await configurations.setConfigured(configured, of: id, by: context.requester)
            return Response(status: .noContent)
        }
        group.needing(.operator).post(":id/deploy") { request, context in
            let body = try await MenderBody.optionalJSON(request, limits: JSONLimits(bytes: 4096))
            let value = body?["retries"] ?? .null
            guard let retries = value == .null ? 0 : value.integer, (0...100).contains(retries) else {
                throw MenderError.badRequest("retries must be 0 to 100")
            }
            let id = try await deviceID(context)
            let deployment = try await updates.deployConfiguration(of: id, retries: Int(retries), by: context.requester)
            return MenderBody.answer { writer in writer.object { $0.member("deployment_id", deployment.id) } }
        }
    }
}

extension DeviceConfiguration {
    fileprivate func write(id: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.name("configured")
            configured.json.write(to: &writer)
            writer.name("reported")
            reported.json.write(to: &writer)
            writer.member("deployment_id", deploymentID ?? "")
            if let configuredAt { writer.member("updated_ts", RFC3339.text(configuredAt)) }
            if let reportedAt { writer.member("reported_ts", RFC3339.text(reportedAt)) }
        }
    }
}
