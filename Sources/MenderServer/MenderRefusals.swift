internal import HTTPTypes
package import HubHTTP
package import Hummingbird

/// What the update protocol answers where none of its routes is reached, in the form its programs read
/// (docs/protocols/mender.md 2): 404 for a path that is none, 405 for a method that a path does not take.
package struct MenderRefusals: RouterMiddleware {
    package init() {}

    /// Turns what the router itself refuses below the protocol's paths into an answer of ``MenderAnswers``.
    package func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch  where Self.isOurs(request.uri.path) {
            return try await MenderAnswers().handle(request, context: context) { _, _ in throw error }
        }
    }

    /// Adds to every path of the protocol the methods it does not take; to be called when all routes are there.
    package static func addMethods(to router: Router<HubContext>) {
        var taken: [String: (path: RouterPath, methods: Set<HTTPRequest.Method>)] = [:]
        for route in router.routes where isOurs(route.path.description) {
            taken[route.path.description, default: (route.path, [])].methods.insert(route.method)
        }
        let group = router.group().add(middleware: MenderAnswers())
        for (path, methods) in taken.values {
            let refusal = MenderError.wrongMethod(allowed: methods.map(\.rawValue).sorted())
            for method in methodsInUse.subtracting(methods) {
                group.on(path, method: method) { _, _ -> Response in throw refusal }
            }
        }
    }

    private static let methodsInUse: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

    /// Whether a path lies below those of the protocol; empty parts count as little as they do for the router.
    private static func isOurs(_ path: String) -> Bool {
        let parts = path.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "/")
        return parts == DeviceRoutes.base || parts == ManagementRoutes.base
    }
}
