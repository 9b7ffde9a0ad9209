internal import AdminAPI
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Journal

/// A request to an endpoint: what path and query say of it, and its body where that is JSON.
struct AdminRequest<Parameters: PathParameters, Query: EndpointQuery, Body> {
    let parameters: Parameters
    let query: Query
    let http: Request
    let context: HubContext

    var requester: Requester { context.peer.requester }

    fileprivate init(_ path: AdminPath, _ request: Request, _ context: HubContext) throws {
        var names = path.names[...]
        parameters = try Parameters { try context.pathParameter(names.popFirst() ?? "") }
        query = Query { request.uri.queryParameters[Substring($0)].map(String.init) }
        http = request
        self.context = context
    }
}

extension AdminRequest where Body: Decodable {
    /// Reads the body, of at most so many bytes; 415 when it is not sent as JSON.
    func body(limit: Int = 64 * 1024) async throws -> Body {
        try await JSONBody.decode(Body.self, from: http, limit: limit)
    }
}

extension RouterGroup<HubContext> {
    /// Serves an endpoint that answers with JSON.
    func serve<Parameters, Query, Body, Answer: Encodable & Sendable>(
        _ endpoint: AdminEndpoint<Parameters, Query, Body, Answer>,
        by answer: @escaping @Sendable (AdminRequest<Parameters, Query, Body>) async throws -> Answer
    ) {
        respond(endpoint) {
            try JSONBody.encode(try await answer($0), status: HTTPResponse.Status(code: endpoint.status))
        }
    }

    /// Serves an endpoint that answers with nothing.
    func serve<Parameters, Query, Body>(
        _ endpoint: AdminEndpoint<Parameters, Query, Body, NoContent>,
        by work: @escaping @Sendable (AdminRequest<Parameters, Query, Body>) async throws -> Void
    ) {
        respond(endpoint) {
            try await work($0)
            return Response(status: .noContent)
        }
    }

    /// Serves an endpoint that answers with something other than JSON.
    func serve<Parameters, Query, Body>(
        _ endpoint: AdminEndpoint<Parameters, Query, Body, RawContent>,
        by answer: @escaping @Sendable (AdminRequest<Parameters, Query, Body>) async throws -> Response
    ) {
        respond(endpoint, by: answer)
    }

    private func respond<Parameters, Query, Body, Answer>(
        _ endpoint: AdminEndpoint<Parameters, Query, Body, Answer>,
        by answer: @escaping @Sendable (AdminRequest<Parameters, Query, Body>) async throws -> Response
    ) {
        guard let method = HTTPRequest.Method(rawValue: endpoint.method.rawValue) else { return }
        on(endpoint.path.routerPath, method: method) { request, context in
            try await answer(AdminRequest(endpoint.path, request, context))
        }
    }
}

extension AdminPath {
    /// The segments as the router wants them.
    fileprivate var routerPath: RouterPath {
        RouterPath(
            segments.map { segment in
                switch segment {
                case .word(let word): word
                case .parameter(let name): ":" + name
                }
            }.joined(separator: "/"))
    }
}

/// The page of a listing that is asked for.
struct Paging {
    let after: String
    let limit: Int

    init(_ query: some PagedQuery) throws {
        after = query.after ?? ""
        guard let text = query.limit else {
            limit = 100
            return
        }
        guard let limit = text.number, (1...AdminEndpoints.pageLimit).contains(limit) else {
            throw AdminError.badRequest("limit must be 1 to \(AdminEndpoints.pageLimit)")
        }
        self.limit = limit
    }

    /// `after` as a number to go on below; `nil` at the beginning.
    func number() throws -> Int64? {
        guard !after.isEmpty else { return nil }
        guard let number = Int64(after) else { throw AdminError.badRequest("after must be what the last page said") }
        return number
    }

    /// `after` as the number of items to leave out.
    func offset() throws -> Int {
        let number = try number() ?? 0
        guard (0...1_000_000_000).contains(number) else {
            throw AdminError.badRequest("after must be what the last page said")
        }
        return Int(number)
    }
}
