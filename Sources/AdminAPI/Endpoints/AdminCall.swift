internal import Encoding

/// A call of an endpoint, with all it takes but a raw body.
package struct AdminCall<Answer>: Sendable {
    package let method: AdminMethod
    /// Path from the root, without the query.
    package let path: String
    private var query: [String: String]
    /// Media type of the body.
    package let contentType: String
    /// To be sent as JSON; `nil` for none, or one that is not JSON.
    package let body: (any Encodable & Sendable)?

    fileprivate init<Parameters, Query, Body>(
        _ endpoint: AdminEndpoint<Parameters, Query, Body, Answer>, _ parameters: Parameters, _ query: Query,
        _ body: (any Encodable & Sendable)?
    ) {
        method = endpoint.method
        path = endpoint.path.text(parameters.texts)
        self.query = query.values
        contentType = endpoint.contentType
        self.body = body
    }

    /// Path and query as they are sent.
    package var target: String {
        guard !query.isEmpty else { return path }
        return path + "?"
            + query.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }

    /// Asks for another page of a listing.
    package mutating func turn<Item>(to after: String?, limit: Int) where Answer == AdminPage<Item> {
        query[PageField.after] = after
        query[PageField.limit] = "\(limit)"
    }
}

extension AdminEndpoint where Body: OtherContent {
    package func callAsFunction(_ parameters: Parameters, query: Query = Query()) -> AdminCall<Answer> {
        AdminCall(self, parameters, query, nil)
    }
}

extension AdminEndpoint where Body: OtherContent, Parameters == NoParameters {
    package func callAsFunction(query: Query = Query()) -> AdminCall<Answer> {
        AdminCall(self, NoParameters(), query, nil)
    }
}

extension AdminEndpoint where Body: Encodable & Sendable {
    package func callAsFunction(_ parameters: Parameters, _ body: Body) -> AdminCall<Answer> {
        AdminCall(self, parameters, Query(), body)
    }
}

extension AdminEndpoint where Body: Encodable & Sendable, Parameters == NoParameters {
    package func callAsFunction(_ body: Body) -> AdminCall<Answer> {
        AdminCall(self, NoParameters(), Query(), body)
    }
}
