internal import Encoding
internal import PKI

/// A server's or an administrator's bearer token: a compact JWT signed with its key, good for one request
/// (docs/protocols/cosign.md 6).
package struct CallerToken: Sendable {
    package let id: MessageID
    /// Unix seconds.
    package let notBefore: Int64
    package let end: Int64

    /// Longest token that is looked at, in bytes.
    private static let limit = 4096

    /// Checks a token: form, signature, issuer, times.
    ///
    /// - Parameters:
    ///   - text: what follows `Bearer` in the request.
    ///   - caller: who must have signed it.
    ///   - now: Unix seconds.
    /// - Throws: `unauthenticated`.
    package init(_ text: String, caller: RegisteredKey, now: Int64) throws(CoSignRefusal) {
        guard text.utf8.count <= Self.limit else { throw .unauthenticated }
        let parts = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false).map { String(Substring($0)) }
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Base64URL.decode(parts[2]), Self.isHeader(header, of: caller.kid)
        else { throw .unauthenticated }
        guard caller.key.kind == .p256,
            caller.key.verifyRaw(signature, of: Array((parts[0] + "." + parts[1]).utf8)),
            let issuer = claims["iss"]?.string, isSame(issuer, caller.kid.text),
            let id = claims["jti"]?.string.flatMap({ MessageID($0) }), let notBefore = claims["nbf"]?.moment,
            let end = claims["exp"]?.moment, end - notBefore <= CoSignLimits.token,
            Self.isInside(now, notBefore, end, id)
        else { throw .unauthenticated }
        self.id = id
        self.notBefore = notBefore
        self.end = end
    }

    /// The caller that a token names, which proves nothing yet.
    package static func claimedCaller(token: String) -> String? {
        guard token.utf8.count <= limit, let header = token.utf8.split(separator: 0x2E).first else { return nil }
        return object(String(Substring(header)))?["kid"]?.string
    }

    private static func object(_ part: String) -> JSONValue? {
        Base64URL.decode(part).flatMap { StrictJSON.object($0) }
    }

    /// Exactly the three members, no other.
    private static func isHeader(_ header: JSONValue, of kid: KeyID) -> Bool {
        let expected = [("typ", "JWT"), ("alg", "ES256"), ("kid", kid.text)]
        return header.members?.count == expected.count
            && expected.allSatisfy { name, value in header[name]?.string.map { isSame($0, value) } ?? false }
    }

    /// Whether a moment lies within the times of something that was signed, tolerances included.
    static func isInside(_ now: Int64, _ notBefore: Int64, _ end: Int64, _ id: MessageID) -> Bool {
        guard now >= notBefore - CoSignLimits.early, now <= end + CoSignLimits.late else { return false }
        return id.isEnd ? now <= id.time + CoSignLimits.late : now >= id.time - CoSignLimits.early
    }
}
