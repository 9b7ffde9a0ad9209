internal import HTTPTypes
package import Hummingbird

/// The type a JSON body must be sent with. A web page of another site can't send this one unasked, but `text/plain`, a
/// form, or none at all (Fetch standard, CORS-safelisted request headers).
package enum JSONType {
    /// Refuses a body of another type. Who brings a token is no page of another site: then it may be missing, as some
    /// programs leave it, or be the form's that `curl -d` names by itself.
    ///
    /// - Throws: 415.
    package static func check(_ request: Request) throws {
        let values = request.headers[values: .contentType]
        let isUnspoken = values.allSatisfy { mediaType($0) == "application/x-www-form-urlencoded" }
        if isUnspoken, BearerToken.read(request) != nil { return }
        guard values.count == 1, isJSON(values[0]) else { throw NotJSON() }
    }

    /// `application/json` or a type that is written as JSON (RFC 6839 section 3.1), whatever its parameters.
    static func isJSON(_ value: String) -> Bool {
        let type = mediaType(value)
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }

    fileprivate static func mediaType(_ value: String) -> String {
        value.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }
}

/// The types that a form of a web page can send, and none at all: a page of another site can send these unasked (Fetch
/// standard, CORS-safelisted request headers).
package enum FormType {
    private static let all = ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]

    /// Refuses a body that is sent as one of them, where another type than JSON is taken.
    ///
    /// - Parameter type: what to send instead, for the hint.
    /// - Throws: 415.
    package static func refuse(_ request: Request, instead type: String) throws {
        let values = request.headers[values: .contentType]
        guard values.count == 1, !all.contains(JSONType.mediaType(values[0])) else { throw SentAsForm(type: type) }
    }
}

/// The body has a type that a form can send.
private struct SentAsForm: Error, PeerFacingError {
    let type: String

    var status: HTTPResponse.Status { .unsupportedMediaType }
    var code: String { "unsupportedType" }
    var message: String { "the request body must not be sent as a form, as plain text or without its type" }
    var hint: String { "send it with Content-Type: \(type)" }
}

/// The body is sent as something else than JSON.
private struct NotJSON: Error, PeerFacingError {
    var status: HTTPResponse.Status { .unsupportedMediaType }
    var code: String { "unsupportedType" }
    var message: String { "the request body must be JSON" }
    var hint: String { "send it with Content-Type: application/json" }
}
