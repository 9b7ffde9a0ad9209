internal import Encoding
internal import PKI

/// The key a webhook's messages are signed with, in the form of Standard Webhooks (standardwebhooks.com).
package struct WebhookSecret: Sendable, Equatable {
    let bytes: [UInt8]

    private static let prefix = "whsec_"
    private static let lengths = 24...64

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads `whsec_` and base64 of 24 to 64 bytes; the prefix may be missing.
    ///
    /// - Throws: ``JournalError/invalidWebhook(reason:)``, without the secret.
    package init(_ text: String) throws(JournalError) {
        let digits = text.hasPrefix(Self.prefix) ? String(text.dropFirst(Self.prefix.count)) : text
        guard digits.utf8.count <= 128, let bytes = Base64.decode(digits), Self.lengths.contains(bytes.count) else {
            throw .invalidWebhook(reason: "a secret is whsec_ and base64 of 24 to 64 bytes")
        }
        self.bytes = bytes
    }

    static func random() -> WebhookSecret {
        WebhookSecret(bytes: SecureRandom.bytes(32))
    }

    /// As a receiver's library takes it.
    package var text: String { Self.prefix + Base64.encode(bytes) }

    /// Value of the header `Webhook-Signature`: `v1,` and base64 of the HMAC-SHA256 of `id.timestamp.body`.
    ///
    /// - Parameter timestamp: Unix seconds of this try.
    package func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        return "v1," + Base64.encode(HMACSHA256.authenticate(signed, key: bytes))
    }
}

extension WebhookSecret: CustomStringConvertible, CustomReflectable {
    /// Hides the key: this type ends up in log lines by accident.
    package var description: String { "WebhookSecret(hidden)" }
    /// Hides the key from `dump` and from test output as well.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
