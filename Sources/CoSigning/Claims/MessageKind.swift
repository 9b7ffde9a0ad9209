package import Encoding

/// What a message is (`kind`).
package enum MessageKind: String, Sendable, CaseIterable {
    case release
    case keyset
    /// Also of messages that do not say.
    case message

    /// The kind of claims; `nil` for one that is not known.
    package init?(of claims: JSONValue) {
        guard let value = claims["kind"] else {
            self = .message
            return
        }
        guard let name = value.string, let kind = MessageKind.allCases.first(where: { isSame($0.rawValue, name) })
        else { return nil }
        self = kind
    }
}
