internal import NIOCore
internal import Wire

/// What an end may do in one turn of the event loop that all tunnels share. What is beyond it waits for a later turn,
/// and meanwhile nothing more is read from the end.
package struct TunnelShare: Sendable, Equatable {
    /// Units of a turn.
    private static let whole = 256

    /// What work costs, in units.
    package enum Work: Int, Sendable {
        /// A frame of a WebSocket or of SLIP: 256 in a turn.
        case frame = 1
        /// A ping, which is answered: 64 in a turn.
        case ping = 4
        /// A document, which is parsed, decided and answered: 8 in a turn.
        case document = 32
    }

    private var left = Self.whole
    /// Documents of this turn.
    package private(set) var documents = 0
    /// Frames and pings of this turn.
    package private(set) var frames = 0

    package init() {}

    /// Whether the rest has to wait.
    package var isUsedUp: Bool { left <= 0 }

    package mutating func spend(_ work: Work) {
        left -= work.rawValue
        if work == .document { documents += 1 } else { frames += 1 }
    }
}

/// What an end may do before it is admitted: its requests are answered without looking who it is.
package struct TunnelProbation: Sendable, Equatable {
    /// Most requests, pings of a WebSocket among them.
    package static let requestLimit = 16
    /// Most bytes, framing and white space included.
    package static let byteLimit = 16 * 1024

    private var requests = 0
    private var bytes = 0

    /// It has just connected.
    package init() {}

    /// It asks something; answers why it must go, `nil` when it may stay.
    ///
    /// - Parameter count: bytes of the request.
    package mutating func take(_ count: Int) -> String? {
        requests += 1
        bytes += count
        guard requests <= Self.requestLimit else { return "Too many requests before authentication." }
        return bytes <= Self.byteLimit ? nil : Self.sizeViolation
    }

    /// What an end is told that sends more than ``byteLimit``.
    static let sizeViolation = "Data buffer size violation."
}

/// What was read from an end and waits for its next turn; inner things come before outer ones.
struct TunnelRest {
    /// Whole documents may wait among ``TunnelEnd/documents``.
    var hasDocuments = false
    /// Of a frame in which a registered server asks the proxy.
    var requests: TunnelDocuments?
    /// Of the SLIP frames of a registered server.
    var frames: ByteBuffer?
    var bytes: ByteBuffer?

    /// Whether there is nothing that comes before the connection's bytes.
    var hasNoMessage: Bool { !hasDocuments && requests == nil && frames == nil }
    var isEmpty: Bool { hasNoMessage && bytes == nil }

    var held: Int {
        (requests?.held ?? 0) + (frames?.readableBytes ?? 0) + (bytes?.readableBytes ?? 0)
    }

    /// What comes while something waits.
    mutating func append(_ buffer: ByteBuffer) {
        guard var waiting = bytes else { return bytes = buffer }
        // Moved out while it is written to, so that it is not copied.
        bytes = nil
        waiting.writeImmutableBuffer(buffer)
        bytes = waiting
    }
}
