internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Registry
internal import Wire

/// Finds out which device a request comes from, by its token.
///
/// - Throws: what becomes a 401.
typealias DeviceSessionSource = @Sendable (Request, HubContext) async throws -> DeviceSession

/// What devices report of themselves (spec/mender.md 6).
struct InventoryRoutes: Sendable {
    private let registry: Registry
    private let session: DeviceSessionSource

    /// Serves a registry's devices.
    init(registry: Registry, session: @escaping DeviceSessionSource) {
        self.registry = registry
        self.session = session
    }

    /// Adds the routes below `/api/devices`.
    func add(to group: RouterGroup<HubContext>) {
        let path: RouterPath = "v1/inventory/device/attributes"
        group.put(path) { request, context in
            let device = try await session(request, context)
            try await registry.replaceInventory(try await Self.report(request), of: device.deviceID)
            return Response(status: .ok)
        }
        group.patch(path) { request, context in
            let device = try await session(request, context)
            try await registry.mergeInventory(try await Self.report(request), of: device.deviceID)
            return Response(status: .ok)
        }
    }

    /// The body, of known length or in chunks, never more than 1 MiB of it.
    ///
    /// - Throws: 400, 413.
    static func report(_ request: Request) async throws -> InventoryReport {
        let bytes = try await MenderBody.bytes(request, limit: InventoryReport.limits.bytes)
        do {
            return try InventoryReport(parsing: bytes)
        } catch {
            throw MenderError.badRequest("\(error)")
        }
    }
}
