/// Why bytes from outside are not the message they should be.
///
/// No case carries text of the peer except the names of members we know, so an error may be logged and answered as it
/// is.
package enum MessageError: Error, Equatable, Sendable {
    /// The document is longer than `limit` bytes.
    case tooLarge(limit: Int)
    /// The document nests deeper than `limit`.
    case tooDeep(limit: Int)
    /// The document has more than `limit` values.
    case tooManyValues(limit: Int)
    /// Not JSON (RFC 8259); `offset` is the byte where reading stopped.
    case notJSON(offset: Int)
    /// A number that is not finite as a double begins at byte `offset`.
    case numberTooLarge(offset: Int)
    /// Not MessagePack; `offset` is the byte where reading stopped.
    case notMessagePack(offset: Int)
    /// JSON, but the outermost value is not an object.
    case notAnObject
    /// A member that must be there is absent, null or empty.
    case missingMember(String)
    /// A member has another JSON type than the protocol says.
    case wrongType(String)
    /// A member that decides something is repeated. We refuse instead of choosing, because a signature over the
    /// received bytes and one over the canonical form could otherwise cover different values.
    case duplicateMember(String)
    /// A member has a value outside its rule.
    case invalidMember(String)
    /// The directory has a major version we do not speak (docs/protocols/idprov.md 3).
    case unsupportedVersion
    /// An endpoint leads to another host or scheme while no CA is pinned (docs/protocols/idprov.md 3).
    case foreignEndpoint(String)
    /// The value is not a path or an `https` URL.
    case notALocation
}

extension MessageError: CustomStringConvertible {
    /// One line for a log or a 400 answer.
    package var description: String {
        switch self {
        case .tooLarge(let limit): "message larger than \(limit) bytes"
        case .tooDeep(let limit): "message nested deeper than \(limit) levels"
        case .tooManyValues(let limit): "message with more than \(limit) values"
        case .notJSON(let offset): "not JSON at byte \(offset)"
        case .numberTooLarge(let offset): "the number at byte \(offset) is larger than a double holds"
        case .notMessagePack(let offset): "not MessagePack at byte \(offset)"
        case .notAnObject: "not a JSON object"
        case .missingMember(let name): "member \(name) is missing or empty"
        case .wrongType(let name): "member \(name) has the wrong type"
        case .duplicateMember(let name): "member \(name) occurs twice"
        case .invalidMember(let name): "member \(name) has a value that is not allowed"
        case .unsupportedVersion: "directory of an unknown major version"
        case .foreignEndpoint(let name): "endpoint \(name) leads to another host or is not https"
        case .notALocation: "neither a path nor an https URL"
        }
    }
}
