package import Encoding
package import PKI

/// A private key with its name.
package struct SigningKey: Sendable {
    package let kid: KeyID
    package let key: PrivateKey

    package init(kid: KeyID, key: PrivateKey) {
        self.kid = kid
        self.key = key
    }
}

extension SignedMessage {
    /// A message with its first signature.
    ///
    /// - Parameter claims: an object.
    /// - Throws: `PKIError` when the key can't sign.
    package init(claims: JSONValue, signedBy key: SigningKey) throws(PKIError) {
        self.init(payload: Base64URL.encode(claims.encoded()), entries: [])
        try sign(with: key)
    }

    /// Adds a signature, whose header names those that stand already.
    ///
    /// - Parameter more: members after those of every header.
    package mutating func sign(
        with key: SigningKey, _ more: [JSONValue.Member] = []
    ) throws(PKIError) {
        let places = entries.enumerated().map { place, entry in entry.header.place ?? Int64(place) }
        // A place that a stranger wrote may be the last number there is.
        let next = places.map { min(max($0, -1), CoSignLimits.largestInteger - 1) + 1 }.max() ?? 0
        var members: [JSONValue.Member] = [
            .init("typ", .string("JOSE+JSON")), .init("alg", .string("ES256")), .init("kid", .string(key.kid.text)),
            .init("sidx", .number("\(next)")),
        ]
        if !entries.isEmpty {
            members.append(.init("kids", .array(entries.map { .string($0.header.kid.text) })))
            members.append(.init("sidxs", .array(places.map { .number("\($0)") })))
        }
        let header = JSONValue.object(members + more)
        let protected = Base64URL.encode(header.encoded())
        let signature = try key.key.signRaw(signedBytes(protected))
        append(Entry(protected: protected, header: ProtectedHeader(made: header, kid: key.kid), signature: signature))
    }
}

extension ProtectedHeader {
    /// A header of our own.
    init(made members: JSONValue, kid: KeyID) {
        self.kid = kid
        self.members = members
    }
}
