internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Wire

extension DeviceRoutes {
    /// What devices report of themselves, and the settings they fetch (docs/protocols/mender.md 6, 14).
    func addReports(to group: RouterGroup<HubContext>) {
        let attributes: RouterPath = "v1/inventory/device/attributes"
        group.put(attributes) { request, context in
            let device = try await session(request, context)
            try await inventory.replaceInventory(try await MenderBody.inventory(request), of: device.deviceID)
            return Response(status: .ok)
        }
        group.patch(attributes) { request, context in
            let device = try await session(request, context)
            try await inventory.mergeInventory(try await MenderBody.inventory(request), of: device.deviceID)
            return Response(status: .ok)
        }
        let settings: RouterPath = "v1/deviceconfig/configuration"
        group.get(settings) { request, context in
            let device = try await session(request, context)
            let configuration = try await configurations.configuration(of: device.deviceID)
            return MenderBody.answer(configuration.configured.encoded())
        }
        group.put(settings) { request, context in
            let device = try await session(request, context)
            let body = try await MenderBody.bytes(request, limit: DeviceSettings.limits.bytes)
            let reported = try MenderBody.settings { () throws(DeviceSettingsError) in
                try DeviceSettings(parsing: body)
            }
            try await configurations.setReported(reported, of: device.deviceID)
            return Response(status: .noContent)
        }
    }
}

extension MenderBody {
    /// A report of attributes, of known length or in chunks, never more than 1 MiB of it.
    ///
    /// - Throws: 400, 413.
    static func inventory(_ request: Request) async throws -> InventoryReport {
        let bytes = try await bytes(request, limit: InventoryReport.limits.bytes)
        do {
            return try InventoryReport(parsing: bytes)
        } catch {
            throw MenderError.badRequest("\(error)")
        }
    }

    /// Turns what is wrong with settings into a refusal.
    ///
    /// - Throws: 400.
    static func settings(
        _ read: () throws(DeviceSettingsError) -> DeviceSettings
    ) throws(MenderError) -> DeviceSettings {
        do {
            return try read()
        } catch {
            throw .badRequest("\(error)")
        }
    }
}
