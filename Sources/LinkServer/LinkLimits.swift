package import WebSockets

/// Bounds on what one device's link may cost (docs/protocols/device-link.md 14).
package struct LinkLimits: Sendable, Equatable {
    /// Largest frame from a device, in bytes.
    package static let frameBytes = 1 << 20
    /// Frames a device may send in a second, kept up; those above are dropped.
    package static let framesPerSecond = 50
    /// Frames that may come at once.
    package static let frameBurst = 200
    /// Seconds of too many frames until the link is closed.
    package static let floodSeconds: Int64 = 10
    /// Frames that may wait to be sent.
    package static let waitingFrames = 256
    /// Bytes that may wait to be sent.
    package static let waitingBytes = 1 << 20
    /// Seconds without a frame of the device until its link is closed.
    package var idleSeconds = 180

    package init() {}

    /// The same for the WebSocket below: the device sends heartbeats, the hub sends no pings.
    var webSocket: WebSocketLimits {
        WebSocketLimits(
            messageBytes: Self.frameBytes, waitingMessages: 8, pingInterval: .seconds(1 << 30),
            silence: .seconds(idleSeconds))
    }
}
