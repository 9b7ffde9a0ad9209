package import Encoding

/// Claims of a message, with every known one in its type and range (docs/protocols/cosign.md 2).
package struct Claims: Sendable {
    /// All of them, in the order of the message; numbers as they were written.
    package let members: JSONValue
    package let kind: MessageKind
    package let id: MessageID
    package let issuer: String?
    package let project: String?
    /// Unix seconds, as all times here.
    package let notBefore: Int64?
    package let issuedAt: Int64?
    package let end: Int64
    package let audience: Audience?
    /// Of a release only.
    package let release: ReleaseClaims?

    /// Decodes a payload; what its members mean is not looked at.
    ///
    /// - Throws: `bad_format` for what is not canonical base64url, `bad_claims` for what is not a strict JSON object.
    package static func decode(_ payload: String) throws(CoSignError) -> JSONValue {
        guard let bytes = Base64URL.decode(payload) else {
            throw CoSignError(.badFormat, "the payload is not canonical base64url")
        }
        guard let members = StrictJSON.object(bytes) else {
            throw CoSignError(.badClaims, "the claims are not a strict JSON object")
        }
        return members
    }

    /// Checks types and ranges.
    ///
    /// - Parameter members: an object.
    /// - Throws: `bad_claims`, also for a kind that is not known; `bad_claims` for a key set, which has members of its
    ///   own (``KeySet``).
    package init(_ members: JSONValue) throws(CoSignError) {
        self.members = members
        guard let kind = MessageKind(of: members), kind != .keyset else { throw Self.bad("kind") }
        self.kind = kind
        var reader = ClaimReader(members: members)
        guard let id = reader.optional("jti", { $0.string.flatMap { MessageID($0) } }) else { throw Self.bad("jti") }
        self.id = id
        guard let end = reader.optional("exp", \.moment) else { throw Self.bad("exp") }
        self.end = end
        issuer = reader.optional("iss", \.string)
        project = reader.optional("project", \.string)
        notBefore = reader.optional("nbf", \.moment)
        issuedAt = reader.optional("iat", \.moment)
        audience = reader.optional("aud") { Audience($0) }
        _ = reader.optional("checksum", Self.checksum)
        _ = reader.optional("download_url", \.string)
        if let name = reader.wrong { throw Self.bad(name) }
        if kind == .release {
            guard issuer != nil else { throw Self.bad("iss") }
            guard project != nil else { throw Self.bad("project") }
            release = try ReleaseClaims(members)
        } else {
            release = nil
        }
    }

    static func bad(_ name: String) -> CoSignError {
        CoSignError(.badClaims, "\(name) is missing or not what the protocol allows")
    }

    /// 0 to 2^64 - 1, or text of at most 128 bytes.
    private static func checksum(_ value: JSONValue) -> JSONValue? {
        if let text = value.string { return text.utf8.count <= 128 ? value : nil }
        return value.plainUnsigned.map { _ in value }
    }
}

/// Reads members that may be absent but not wrong.
struct ClaimReader {
    let members: JSONValue
    /// The first member that was wrong.
    private(set) var wrong: String?

    init(members: JSONValue) {
        self.members = members
    }

    mutating func optional<Value>(_ name: String, _ read: (JSONValue) -> Value?) -> Value? {
        guard let member = members[name] else { return nil }
        let value = read(member)
        if value == nil, wrong == nil { wrong = name }
        return value
    }
}
