internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Journal

/// Turns errors into the form Mender programs read and gives every answer its request number (docs/protocols/mender.md
/// 2): `{"error":"…","request_id":"…"}`, header `X-MEN-RequestID`.
struct MenderAnswers: RouterMiddleware {
    func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        let id = Self.requestID(request)
        var response = try await ErrorAnswers(MenderForm(id: id)).handle(request, context: context, next: next)
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
