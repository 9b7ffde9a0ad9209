internal import Encoding
internal import HTTPTypes
package import Hummingbird
internal import PKI

/// Name and password from `Authorization: Basic` (RFC 7617).
package struct BasicCredentials: Sendable {
    /// Before the first colon.
    package let user: String
    /// After it; any bytes.
    package let password: [UInt8]

    /// Longest header that is looked at.
    private static let limit = 4096

    /// `nil` when the request brings none, or none that can be read.
    package init?(_ request: Request) {
        guard let value = request.headers[.authorization], value.utf8.count <= Self.limit,
            let space = value.firstIndex(of: " "), value[..<space].lowercased() == "basic",
            let bytes = Base64.decodeLenient(String(value[value.index(after: space)...])),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let user = String(validating: bytes[..<colon], as: UTF8.self)
        else { return nil }
        self.user = user
        password = Array(bytes[(colon + 1)...])
    }
}
