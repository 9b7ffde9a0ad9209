internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Registry
internal import Wire

/// Settings that a device fetches and reports (spec/mender.md 14).
struct ConfigurationRoutes: Sendable {
    private let registry: Registry
    private let session: DeviceSessionSource

    /// Serves a registry's devices.
    init(registry: Registry, session: @escaping DeviceSessionSource) {
        self.registry = registry
        self.session = session
    }

    /// Adds the routes below `/api/devices`.
    func add(to group: RouterGroup<HubContext>) {
        let path: RouterPath = "v1/deviceconfig/configuration"
        group.get(path) { request, context in
            let device = try await session(request, context)
            let configuration = try await registry.configuration(of: device.deviceID)
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: configuration.configured.encoded())))
        }
        group.put(path) { request, context in
            let device = try await session(request, context)
            try await registry.setReported(try await Self.settings(request), of: device.deviceID)
            return Response(status: .noContent)
        }
    }

    /// A flat object of strings.
    ///
    /// - Throws: 400, 413.
    static func settings(_ request: Request) async throws -> DeviceSettings {
        let body = try await MenderBody.json(request)
        do {
            return try DeviceSettings(body)
        } catch {
            throw MenderError.badRequest("\(error)")
        }
    }
}
