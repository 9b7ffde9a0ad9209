internal import Encoding
internal import PKI

/// The pieces of the opening handshake that both ends need (RFC 6455, 4).
package enum OpeningHandshake {
    /// The only version there is.
    package static let version = "13"

    /// A fresh value of Sec-WebSocket-Key.
    package static func makeKey() -> String {
        Base64.encode(SecureRandom.bytes(16))
    }

    /// Whether a value of Sec-WebSocket-Key is one: 16 bytes in base64.
    package static func isKey(_ text: String) -> Bool {
        Base64.decode(text)?.count == 16
    }

    /// The value of Sec-WebSocket-Accept that answers a key.
    package static func accept(_ key: String) -> String {
        Base64.encode(SHA1Name.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}
