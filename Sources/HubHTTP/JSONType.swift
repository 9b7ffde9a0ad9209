internal import HTTPTypes
package import Hummingbird

/// The type a JSON body must be sent with. A web page of another site can't send this one unasked, but `text/plain`, a
/// form, or none at all (Fetch standard, CORS-safelisted request headers).
package enum JSONType {
    /// Refuses a body of another type. Who brings a token is not a page of another site: then it may be missing, as
    /// some programs leave it, or be the form's that `curl -d` names by itself.
    ///
    /// - Throws: 415.
    package static func check(_ request: Request) throws {
        let values = request.headers[values: .contentType]
        let isUnspoken = values.allSatisfy { mediaType($0) == "application/x-www-form-urlencoded" }
        if isUnspoken, BearerToken.read(request) != nil { return }
        guard values.count == 1, isJSON(values[0]) else { throw HTTPRefusal.notJSON }
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
        guard values.count == 1, !all.contains(JSONType.mediaType(values[0])) else {
            throw HTTPRefusal.sentAsForm(instead: type)
        }
    }
}
