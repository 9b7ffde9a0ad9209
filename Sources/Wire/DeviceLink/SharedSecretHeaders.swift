package import Encoding

/// The headers with which a device proves a shared secret when it opens its link (docs/protocols/device-link.md 3.1).
///
/// They are kept as they were sent: the salt of the key is made of their letters.
package struct SharedSecretHeaders: Sendable, Equatable {
    /// How the key is derived, as the device wants it.
    package let derivation: SharedSecretDerivation
    /// The public part of what the device was given: `nhp_…` of a product, anything else of a device.
    package let key: String
    /// The device's signature over who it is.
    package let token: SharedSecretToken
    /// `x-nh-alg` as it was sent.
    package let algorithm: String
    /// `x-nh-time` as it was sent, decimal digits. Whether the signature is fresh is decided by the time in the token.
    package let time: String

    /// Names of the four headers, lower case.
    package enum Name {
        package static let algorithm = "x-nh-alg"
        package static let key = "x-nh-key"
        package static let time = "x-nh-time"
        package static let signature = "x-nh-signature"
    }

    /// Longest key, in bytes; ours have 47.
    package static let keyLimit = 64
    private static let algorithmLimit = 64
    /// Until the year 31688.
    private static let timeLimit = 12

    /// Reads the headers of a request.
    ///
    /// - Parameter values: all values of a header, by its lower-case name.
    /// - Throws: ``MessageError`` that names the header.
    package init(reading values: (String) -> [String]) throws(MessageError) {
        algorithm = try Self.one(Name.algorithm, values, limit: Self.algorithmLimit)
        key = try Self.one(Name.key, values, limit: Self.keyLimit)
        time = try Self.one(Name.time, values, limit: Self.timeLimit)
        let signature = try Self.one(Name.signature, values, limit: SharedSecretToken.limit)
        guard time.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .invalidMember(Name.time) }
        derivation = try SharedSecretDerivation(parsing: algorithm)
        token = try SharedSecretToken(parsing: signature)
    }

    /// What the key is derived from beside the secret.
    package var salt: [UInt8] { Self.salt(algorithm: algorithm, key: key, time: time) }

    /// The salt of headers that are about to be sent.
    package static func salt(algorithm: String, key: String, time: String) -> [UInt8] {
        Array(
            """
            NH1:device-socket:shared-secret:connect

            \(Name.algorithm)=\(algorithm)
            \(Name.key)=\(key)
            \(Name.time)=\(time)

            """.utf8)
    }

    /// The one value of a header, of characters that are seen and no more than `limit`. Two of them could be read
    /// differently here and by whoever stands before the hub.
    private static func one(
        _ name: String, _ values: (String) -> [String], limit: Int
    ) throws(MessageError) -> String {
        let found = values(name)
        guard let value = found.first, !value.isEmpty else { throw .missingMember(name) }
        guard found.count == 1 else { throw .duplicateMember(name) }
        guard value.utf8.count <= limit, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalidMember(name)
        }
        return value
    }
}
