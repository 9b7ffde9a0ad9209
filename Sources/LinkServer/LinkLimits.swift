internal import WebSockets

/// Bounds on what one device's link may cost (docs/protocols/device-link.md 14).
package struct LinkLimits: Sendable, Equatable {
    /// Largest frame from a device, in bytes.
    package static let frameBytes = 1 << 20
    /// Frames a device may send in a second, kept up; those above are dropped.
    package static let framesPerSecond = 50
    /// Frames that may come at once.
    package static let frameBurst = 200
    /// Bytes in frames that a device may send in a second, kept up; frames beyond it are dropped before they are read.
    package static let bytesPerSecond = 256 << 10
    /// Bytes that may come at once.
    package static let byteBurst = 2 << 20
    /// Seconds of too many frames until the link is closed.
    package static let floodSeconds: Int64 = 10
    /// Parts of files a device may send in a second; beyond, it is slowed down.
    static let filePartsPerSecond = 500
    /// Largest frame with a part of a file, in bytes: 1024 bytes in base64, the file's name and what is around them.
    static let filePartBytes = 4096
    /// Frames that may wait to be sent.
    package static let waitingFrames = 256
    /// Bytes that may wait to be sent.
    package static let waitingBytes = 1 << 20
    /// Seconds without a frame of the device until its link is closed.
    package var idleSeconds = 180
    /// New links the hub takes in a second; further ones are told when to come again.
    package var linksPerSecond = 1000
    /// What devices may report beyond their updates, and how often they are asked for it.
    package var extensions = ExtensionSettings()
    /// Seconds until a device that did not answer a script is given up; more than the 10 a device takes by itself.
    package static let scriptSeconds = 15

    package init() {}

    /// The same for the WebSocket below: the device sends heartbeats, the hub sends no pings.
    var webSocket: WebSocketLimits {
        var limits = WebSocketLimits(
            messageBytes: Self.frameBytes, waitingMessages: 8, pingInterval: .seconds(1 << 30),
            silence: .seconds(idleSeconds))
        limits.silenceCode = .normal
        return limits
    }
}
