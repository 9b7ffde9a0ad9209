/// One endpoint of the admin API: what both ends know of it. The hub registers its route from this value, `hubctl` and
/// `oob` make their calls from it.
///
/// `Parameters` are the values in the path, `Query` the parameters behind it, `Body` and `Answer` what is sent each
/// way: JSON of a type, ``NoContent`` or ``RawContent``.
package struct AdminEndpoint<Parameters: PathParameters, Query: EndpointQuery, Body, Answer>: Sendable {
    package let method: AdminMethod
    package let path: AdminPath
    /// Status of the answer when all went well and there is one; 204 when there is none.
    package let status: Int
    /// Media type of the body.
    package let contentType: String

    /// - Parameters:
    ///   - path: below `base`, with placeholders: `devices/{id}/approve`. Needs as many as `Parameters` has values.
    ///   - base: what comes before it.
    init(
        _ method: AdminMethod, _ path: String, base: String = AdminEndpoints.base, status: Int = 200,
        contentType: String = "application/json"
    ) {
        self.method = method
        self.path = AdminPath(path, base: base)
        self.status = status
        self.contentType = contentType
        precondition(self.path.names.count == Parameters.count, "\(path) has another number of parameters")
    }
}

package enum AdminMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// What is not JSON.
package protocol OtherContent: Sendable {}

/// No body.
package enum NoContent: OtherContent {}

/// Bytes of a media type of their own, of any length.
package enum RawContent: OtherContent {}

/// What all endpoints share.
package enum AdminEndpoints {
    /// Where every path begins, but those of ``MonitorEndpoints``.
    package static let base = "/admin/v1"
    /// Most items of one page.
    package static let pageLimit = 1000
}
