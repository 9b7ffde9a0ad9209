internal import Encoding
internal import PKI

/// What a tunnel token is good for.
package struct TunnelScope: OptionSet, Sendable, Equatable {
    /// One bit per use.
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// To meet the client with the same token (docs/protocols/tunnel.md part A).
    package static let rendezvous = TunnelScope(rawValue: 1)
    /// To register as the device's server (part B).
    package static let server = TunnelScope(rawValue: 2)
    /// To reach the device's server (part B).
    package static let client = TunnelScope(rawValue: 4)

    /// Words of the admin API.
    package static let words: [(word: String, scope: TunnelScope)] = [
        ("rendezvous", .rendezvous), ("server", .server), ("client", .client),
    ]

    /// The words of what it holds.
    package var words: [String] { Self.words.filter { contains($0.scope) }.map(\.word) }
}

/// A right to use tunnels: for one device, one user or purpose, and a time.
///
/// Its text holds all of it, and an HMAC-SHA256 under a key derived from the store's key: code that has the key needs
/// no look into the database. It is not encrypted. Layout before base64url: version 1, id (8), issuedAt (8), expiresAt
/// (8), scope (1), length of the device's ID (2), the ID, the user's name, tag (32); numbers are big-endian.
package struct TunnelToken: Sendable, Equatable {
    /// Its number, 16 hexadecimal digits: names it without giving it away.
    package let id: String
    /// The device it is about.
    package let deviceID: String
    /// Who asked for it, or for whom.
    package let user: String
    /// What it is good for.
    package let scope: TunnelScope
    /// Unix seconds.
    package let issuedAt: Int64
    /// Unix seconds.
    package internal(set) var expiresAt: Int64

    /// First letters of every token, so that people and scanners of files know what they see.
    package static let prefix = "lkt1."
    private static let version: UInt8 = 1
    private static let tagLength = 32
    /// Longest text of one, in bytes.
    private static let textLimit = 1024

    package init(
        id: String, deviceID: String, user: String, scope: TunnelScope, issuedAt: Int64, expiresAt: Int64
    ) {
        self.id = id
        self.deviceID = deviceID
        self.user = user
        self.scope = scope
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    /// The token as it is handed out.
    func text(key: SealingKey) -> String {
        var bytes = [Self.version] + (Hex.decode(id) ?? [])
        for number in [issuedAt, expiresAt] { Self.append(UInt64(bitPattern: number), 8, to: &bytes) }
        bytes.append(scope.rawValue)
        Self.append(UInt64(deviceID.utf8.count), 2, to: &bytes)
        bytes += Array(deviceID.utf8) + Array(user.utf8)
        return Self.prefix + Base64URL.encode(bytes + HMACSHA256.authenticate(bytes, key: key.bytes))
    }

    /// Reads one that was made with this key; `nil` for anything else.
    init?(_ text: String, key: SealingKey) {
        guard text.utf8.count <= Self.textLimit, text.hasPrefix(Self.prefix),
            let bytes = Base64URL.decode(String(text.dropFirst(Self.prefix.count))),
            bytes.count >= 28 + Self.tagLength
        else { return nil }
        let content = Array(bytes.dropLast(Self.tagLength))
        let tag = HMACSHA256.authenticate(content, key: key.bytes)
        guard constantTimeEqual(tag, Array(bytes.suffix(Self.tagLength))), content[0] == Self.version else {
            return nil
        }
        let length = Int(Self.number(content[26..<28]))
        guard content.count >= 28 + length else { return nil }
        self.init(
            id: Hex.encode(Array(content[1..<9])), deviceID: String(decoding: content[28..<28 + length], as: UTF8.self),
            user: String(decoding: content[(28 + length)...], as: UTF8.self), scope: TunnelScope(rawValue: content[25]),
            issuedAt: Int64(bitPattern: Self.number(content[9..<17])),
            expiresAt: Int64(bitPattern: Self.number(content[17..<25])))
    }

    private static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
