/// What went through an end, and signs of its life.
struct TunnelFlow {
    /// Bytes of the connection, requests and framing included.
    var received = 0
    var sent = 0
    /// Bytes of the tunnel alone.
    var relayedIn = 0
    var relayedOut = 0
    /// Bytes of the tunnel that count against ``TunnelLimits/bytesPerSecond``, and are not paid back yet.
    var spent = 0
    /// Something came since the last look.
    var heard = true
    /// Seconds without a word.
    var silence = 0
    /// A pong came since the last ping.
    var answersPings = false
    /// It has answered a ping once, so it is asked again.
    var knowsPings = false
    var wasPinged = false
    /// The client's close frame has come.
    var peerClosed = false
    /// Whether it takes what holds others back.
    var stall = StallCount()
    /// Ends that are held back until this one's queue is shorter.
    var blocks: [TunnelEnd] = []
    /// Ends whose queues hold this one back.
    var blockedBy = 0
    /// Bytes of answers since its queue was last short.
    var owed = 0
    /// The last ping that had no answer because the end does not read.
    var latePing: [UInt8]?
    /// Most of ``owed``.
    static let owedLimit = 64 * 1024
    /// Bytes that came after it was told to go.
    var dropped = 0
    /// Most of them that are read.
    static let dropLimit = 16 * 1024
    /// It sent more, and is cut off in a moment.
    var isCut = false
    /// Spent what it may send in a second.
    var isThrottled = false
}
