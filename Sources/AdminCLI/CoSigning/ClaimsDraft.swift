internal import CoSigning
internal import Encoding

/// Claims on their way to the first signature: what every message has is filled in where it is absent.
struct ClaimsDraft {
    private(set) var members: [JSONValue.Member]

    /// - Parameters:
    ///   - members: of a person or of options.
    ///   - issuer: `iss` where it is absent.
    ///   - now: Unix seconds; `nbf` where it is absent.
    ///   - days: from now to the end where `exp` is absent.
    /// - Throws: a failure of usage when `exp` is there and no time that an id could be made of.
    init(_ members: [JSONValue.Member], issuer: String, now: Int64, days: Int64) throws {
        let claims = JSONValue.object(members)
        let end = claims["exp"].map(\.integer) ?? now + days * 86_400
        guard let end else { throw CommandFailure.usage("exp must be a whole number of Unix seconds") }
        guard end > now else { throw CommandFailure.usage("exp is over already; choose a later time") }
        let defaults: [JSONValue.Member] = [
            .init("iss", .string(issuer)), .init("jti", .string(MessageID.make(end: end).text)),
            .init("nbf", .number("\(now)")), .init("exp", .number("\(end)")),
        ]
        self.members = defaults.filter { claims[$0.name] == nil } + members
    }

    var json: JSONValue { .object(members) }
}
