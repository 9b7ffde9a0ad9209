internal import Encoding
package import Hummingbird
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// The one place where errors become answers, in the form of a protocol: what a route or a room refuses is told as that
/// protocol says, Hummingbird's own errors with their status, anything else is 500 without text and goes to the log in
/// full.
package struct ErrorAnswers<Form: ErrorForm>: RouterMiddleware {
    private let form: Form

    /// Answers in this form.
    package init(_ form: Form) {
        self.form = form
    }

    /// Runs the route and turns what it throws into an answer.
    package func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let refusal = refusal(of: error, request, context)
            var answer = form.answer(refusal)
            for field in refusal.headers { answer.headers[field.name] = field.value }
            return answer
        }
    }

    private func refusal(of error: any Error, _ request: Request, _ context: HubContext) -> any RouteError {
        switch error {
        case let error as any RouteError: return logged(error, request, context)
        case let error as any DomainError where error.kind != .fault:
            return logged(form.refusal(of: error), request, context)
        case let error as HTTPError: return HTTPRefusal.http(error.status, error.body ?? "")
        case is NIOTooManyBytesError: return logged(HTTPRefusal.bodyTooLong, request, context)
        case let error as any HTTPResponseError: return HTTPRefusal.http(error.status, "")
        case let error where PeerFault.causes(error):
            context.logger.debug(
                "request cut off", metadata: ["error": "\(error)", "http.path": "\(request.uri.path)"])
            return HTTPRefusal.broken
        default:
            context.logFault(error, request)
            // Only administrators can do something about the disk.
            let isOperator = context.peer.userID != nil || context.peer.role == .admin
            return (isOperator ? HTTPRefusal(storage: error) : nil) ?? .fault
        }
    }

    private func logged(_ error: any RouteError, _ request: Request, _ context: HubContext) -> any RouteError {
        guard form.logsRefusals else { return error }
        context.logger.info(
            "request refused",
            metadata: [
                "error.code": "\(error.code)", "peer.address": "\(context.peer.address)",
                "http.path": "\(request.uri.path)",
            ])
        return error
    }
}
