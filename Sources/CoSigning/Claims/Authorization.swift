internal import Encoding

/// What a co-signature allows: the members of its header that say who may install now.
struct Authorization {
    let issuedAt: Int64?
    let end: Int64?
    let audience: Audience?
    /// The device's challenge.
    let nonce: String?
    /// Deployment, for reports.
    let deployment: String?

    /// Whether everything is there that a release needs.
    static func isComplete(_ header: ProtectedHeader) -> Bool {
        ["iat", "exp", "aud"].allSatisfy { header.members[$0] != nil }
    }

    /// - Throws: `bad_claims` for a member of a wrong type, and for a life longer than 31 days.
    init(_ header: ProtectedHeader) throws(CoSignError) {
        var reader = ClaimReader(members: header.members)
        issuedAt = reader.optional("iat", \.plainMoment)
        end = reader.optional("exp", \.plainMoment)
        audience = reader.optional("aud") { Audience($0) }
        nonce = reader.optional("nonce", \.string)
        deployment = reader.optional("dep", \.string)
        if let name = reader.wrong { throw Claims.bad("\(name) of the co-signature") }
        if let issuedAt, let end, !(1...CoSignLimits.authorization).contains(end - issuedAt) {
            throw CoSignError(.badClaims, "a co-signature lives at most 31 days")
        }
    }
}
