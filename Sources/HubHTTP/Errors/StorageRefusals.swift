package import Hummingbird
internal import Logging

/// Tells those who can do something about it that the hub's disk is full or can't be written, with
/// ``HTTPRefusal/storeFull`` and ``HTTPRefusal/storeUnwritable``. Without it, and to everybody else, ``ErrorAnswers``
/// tells a fault without text.
package struct StorageRefusals: RouterMiddleware {
    package init() {}

    package func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            guard let refusal = HTTPRefusal(storage: error) else { throw error }
            context.logFault(error, request)
            throw refusal
        }
    }
}

extension HubContext {
    /// Keeps in full what the peer is not told.
    func logFault(_ error: any Error, _ request: Request) {
        logger.error("request failed", metadata: ["error": "\(error)", "http.path": "\(request.uri.path)"])
    }
}
