internal import HTTPTypes
package import Hummingbird

/// The token of `Authorization: Bearer` (RFC 6750 section 2.1).
package enum BearerToken {
    /// Longest token that is looked at, in bytes.
    private static let limit = 4096

    /// The token; `nil` when the request brings none. The scheme's name is compared without regard to case.
    package static func read(_ request: Request) -> String? {
        guard let value = request.headers[.authorization], value.utf8.count <= limit,
            let space = value.utf8.firstIndex(of: 0x20), value.utf8[..<space].count == 6,
            value[..<space].lowercased() == "bearer"
        else { return nil }
        let token = value.utf8[space...].drop { $0 == 0x20 }
        return token.isEmpty ? nil : String(Substring(token))
    }
}
