internal import Encoding
package import Hummingbird
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// The one place where errors become answers: a peer-facing error shows its public half, Hummingbird's own errors their
/// status, anything else is 500 without text and goes to the log in full.
package struct ErrorMiddleware: RouterMiddleware {
    /// Has no state.
    package init() {}

    /// Runs the route and turns what it throws into an answer.
    package func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any PeerFacingError {
            context.logger.info(
                "request refused",
                metadata: [
                    "error.code": "\(error.code)", "peer.address": "\(context.peer.address)",
                    "http.path": "\(request.uri.path)",
                ])
            var answer = Self.answer(error.status, code: error.code, message: error.message, hint: error.hint)
            if let seconds = error.retryAfterSeconds { answer.headers[.retryAfter] = "\(seconds)" }
            if error.endsConnection { answer.headers[.connection] = "close" }
            return answer
        } catch let error as HTTPError {
            return Self.answer(error.status, code: "http\(error.status.code)", message: error.body ?? "", hint: "")
        } catch let error as any HTTPResponseError {
            return try error.response(from: request, context: context)
        } catch is CancellationError {
            throw CancellationError()
        } catch let error where PeerFault.isOne(error) {
            context.logger.debug(
                "request cut off", metadata: ["error": "\(error)", "http.path": "\(request.uri.path)"])
            return Self.answer(.badRequest, code: "http400", message: "the request is broken or incomplete", hint: "")
        } catch {
            context.logger.error(
                "request failed", metadata: ["error": "\(error)", "http.path": "\(request.uri.path)"])
            if let fault = StorageFault(error), context.peer.userID != nil || context.peer.role == .admin {
                return Self.answer(fault.status, code: fault.code, message: fault.message, hint: fault.hint)
            }
            return Self.answer(.internalServerError, code: "internal", message: "", hint: "")
        }
    }

    static func answer(_ status: HTTPResponse.Status, code: String, message: String, hint: String) -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("error")
            writer.object { writer in
                writer.member("code", code)
                writer.member("message", message)
                writer.member("hint", hint)
            }
        }
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes)))
    }
}
