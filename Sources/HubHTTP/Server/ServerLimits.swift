package import NIOCore

/// What a peer may take of a listener before it has been answered: time, bytes, requests.
package struct ServerLimits: Sendable {
    /// For the first byte of a new connection.
    package var silence = TimeAmount.seconds(10)
    /// For the first request after the TLS handshake.
    package var firstRequest = TimeAmount.seconds(30)
    /// For a whole head of a request, from its first byte on.
    package var head = TimeAmount.seconds(10)
    /// For a whole body of at most ``gathered`` bytes.
    package var body = TimeAmount.seconds(30)
    /// A longer body must bring ``uploadBytes`` in each period of this length in which the hub reads it, and an answer
    /// must move at all.
    package var progress = TimeAmount.seconds(60)
    package var uploadBytes = 64 * 1024
    package var idle = TimeAmount.seconds(120)
    /// For what a refused peer still sends, so that it reads its answer.
    package var linger = TimeAmount.seconds(5)
    /// Bodies of a declared length up to this one are gathered before their route runs.
    package var gathered = 64 * 1024
    /// Bytes of a longer body that wait for its route.
    package var waitingBody = 64 * 1024
    /// Bytes that were read but belong to later requests.
    package var waitingBytes = 64 * 1024
    /// Requests that were decoded but not answered.
    package var waitingRequests = 16
    /// Bytes of an answer that are encrypted together; the TLS library keeps a buffer of that size.
    package var answerPart = 32 * 1024

    /// The limits of `listen.https`.
    package init() {}

    /// The limits of a listener that serves small public documents to anybody.
    package static var publication: ServerLimits {
        var limits = ServerLimits()
        limits.idle = .seconds(15)
        return limits
    }
}
