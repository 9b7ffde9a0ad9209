internal import PKI
internal import Rules
internal import Wire

/// What is stored, sealed, for a device's secret: the secret, a pairing record made of it, or both.
///
/// A secret alone is stored as it is. Everything else begins with one of two bytes that UTF-8 never has, so the two
/// can't be mistaken.
struct SecretMaterial: Sendable {
    /// The secret's bytes; empty when only a record is kept.
    var secret: [UInt8] = []
    /// The record, once it was made or when it was delivered instead of the secret.
    var record: PairingRecord?
    /// HMAC of a secret that was dropped for its record: by it a repeated import recognises the secret.
    var digest: [UInt8] = []
    /// Whether the record is known to be of a secret that is not easy to guess.
    var isStrong = false

    private static let mark: UInt8 = 0xFF
    /// Before the record of a strong secret.
    private static let strongMark: UInt8 = 0xFE

    init(secret: [UInt8]) {
        self.secret = secret
    }

    init(record: PairingRecord, secret: [UInt8] = [], digest: [UInt8] = [], isStrong: Bool = false) {
        self.record = record
        self.secret = secret
        self.digest = digest
        self.isStrong = isStrong
    }

    /// Whether it is easy to guess. Of a record that was delivered nobody knows; then it counts as such.
    var isGuessable: Bool { secret.isEmpty ? !isStrong : SecretStrength.isWeak(secret) }

    /// Reads what ``encoded`` wrote; `nil` for anything else.
    init?(_ bytes: [UInt8]) {
        guard bytes.first == Self.mark || bytes.first == Self.strongMark else {
            secret = bytes
            return
        }
        // Mark, iterations (4), length of the salt (1), salt, w0 (32), L (65), length of the digest (1), digest,
        // secret.
        guard bytes.count >= 6 else { return nil }
        let iterations = bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
        let saltEnd = 6 + Int(bytes[5])
        guard bytes.count > saltEnd + 97 else { return nil }
        let digestStart = saltEnd + 98
        let digestEnd = digestStart + Int(bytes[saltEnd + 97])
        guard bytes.count >= digestEnd,
            let record = try? PairingRecord(
                salt: Array(bytes[6..<saltEnd]), iterations: iterations,
                w0: SecretBytes(bytes[saltEnd..<(saltEnd + 32)]), l: Array(bytes[(saltEnd + 32)..<(saltEnd + 97)]))
        else { return nil }
        self.record = record
        isStrong = bytes.first == Self.strongMark
        digest = Array(bytes[digestStart..<digestEnd])
        secret = Array(bytes[digestEnd...])
    }

    var encoded: [UInt8] {
        guard let record else { return secret }
        var bytes: [UInt8] = [isStrong ? Self.strongMark : Self.mark]
        bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: record.iterations >> $0) }
        bytes += [UInt8(record.salt.count)] + record.salt + record.w0.copy + record.l
        return bytes + [UInt8(digest.count)] + digest + secret
    }
}
