package import Encoding

/// Protected header of one signature (docs/protocols/cosign.md 2).
package struct ProtectedHeader: Sendable {
    package let kid: KeyID
    /// All members, of which a co-signature's say who may install, and how long.
    package let members: JSONValue

    private static let types = ["JOSE+JSON", "JOSE", "JWT"]
    /// Members that would move the key or the meaning of the signature out of the trust store.
    private static let forbidden = ["crit", "b64", "jwk", "jku", "x5u", "x5c"]

    /// - Parameter members: the decoded header, an object.
    init(_ members: JSONValue) throws(CoSignError) {
        guard case .string(let algorithm)? = members["alg"], isSame(algorithm, "ES256") else {
            throw CoSignError(.badAlgorithm, "alg must be ES256")
        }
        guard let type = members["typ"]?.string, Self.types.contains(where: { isSame($0, type) }) else {
            throw CoSignError(.badHeader, "typ must be JOSE+JSON, JOSE or JWT")
        }
        if let name = Self.forbidden.first(where: { members[$0] != nil }) {
            throw CoSignError(.badHeader, "\(name) is not allowed in a header")
        }
        guard let kid = members["kid"]?.string.flatMap({ KeyID($0) }) else {
            throw CoSignError(.badHeader, "kid must be text of 1 to 128 bytes")
        }
        self.kid = kid
        self.members = members
    }

    /// Place in the order of signing; written for oneID tools.
    var place: Int64? { members["sidx"]?.plainInteger }
}

/// Whether two texts have the same bytes, as names in this protocol are compared.
package func isSame(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }
