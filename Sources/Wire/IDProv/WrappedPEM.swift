internal import Encoding

/// PEM that some members carry wrapped once more in base64 (docs/protocols/idprov.md 3).
enum WrappedPEM {
    /// Returns PEM text as it is, and base64 of PEM text decoded; throws for anything else.
    static func plainPEM(_ text: String, member: String) throws(MessageError) -> String {
        let marker = "-----BEGIN "
        if text.utf8.starts(with: marker.utf8) { return text }
        guard let bytes = Base64.decode(text), bytes.starts(with: marker.utf8) else { throw .invalidMember(member) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
