internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import Logging
internal import NIOCore

/// Turns errors into the form Mender programs read and gives every answer its request number (docs/protocols/mender.md
/// 2): `{"error":"…","request_id":"…"}`, header `X-MEN-RequestID`.
struct MenderAnswers: RouterMiddleware {
    func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        let id = Self.requestID(request)
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as MenderError {
            response = Self.refusal(error, id: id)
        } catch let error as any PeerFacingError {
            response = Self.answer(error.status, error.message, id: id)
            if let seconds = error.retryAfterSeconds { response.headers[.retryAfter] = "\(seconds)" }
            if error.endsConnection { response.headers[.connection] = "close" }
        } catch let error as HTTPError {
            response = Self.answer(error.status, error.body ?? "", id: id)
        } catch is NIOTooManyBytesError {
            response = Self.refusal(.tooLarge, id: id)
        } catch is CancellationError {
            throw CancellationError()
        } catch let error where PeerFault.isOne(error) {
            context.logger.debug(
                "request cut off", metadata: ["error": "\(error)", "http.path": "\(request.uri.path)"])
            response = Self.answer(.badRequest, "the request is broken or incomplete", id: id)
        } catch {
            context.logger.error(
                "request failed", metadata: ["error": "\(error)", "http.path": "\(request.uri.path)"])
            response = Self.answer(.internalServerError, "internal error", id: id)
        }
        response.headers[.menderRequestID] = id
        return response
    }

    /// The caller's own number when it is one that may be repeated in a header and a log, otherwise a fresh one.
    private static func requestID(_ request: Request) -> String {
        guard let given = request.headers[.menderRequestID], (1...64).contains(given.utf8.count),
            given.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D
            })
        else { return UniqueID.make() }
        return given
    }

    private static func refusal(_ error: MenderError, id: String) -> Response {
        var response = answer(error.status, error.text, id: id) { writer in
            guard case .artifactExists(let other) = error else { return }
            writer.name("metadata")
            writer.object { writer in
                writer.name("conflict")
                ArtifactText.write(other, to: &writer)
            }
        }
        switch error {
        case .tooMany(let seconds): response.headers[.retryAfter] = "\(seconds)"
        case .wrongMethod(let allowed): response.headers[.allow] = allowed.joined(separator: ", ")
        default: break
        }
        return response
    }

    private static func answer(
        _ status: HTTPResponse.Status, _ text: String, id: String, more: (inout JSONWriter) -> Void = { _ in }
    ) -> Response {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            writer.member("error", text)
            writer.member("request_id", id)
            more(&writer)
        }
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes)))
    }
}

extension HTTPField.Name {
    /// Number of a request, the same in request, answer and error text.
    static var menderRequestID: Self { Self.known("X-MEN-RequestID") }
    /// Signature over the body of an authentication request.
    static var menderSignature: Self { Self.known("X-MEN-Signature") }
    /// How many items a listing has in all.
    static var totalCount: Self { Self.known("X-Total-Count") }
    /// Other pages of a listing.
    static var link: Self { Self.known("Link") }

    private static func known(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("\(text) is a header's name") }
        return name
    }
}
