/// One message of a WebSocket, put together from its frames.
package enum WebSocketMessage: Sendable, Equatable {
    /// UTF-8 text.
    case text(String)
    /// Bytes.
    case binary([UInt8])
}

/// Why a WebSocket ended, as the closing side said it (RFC 6455, 7.4).
package struct WebSocketCloseCode: RawRepresentable, Sendable, Equatable {
    /// The number on the wire.
    package let rawValue: UInt16

    /// Any number that may appear in a frame.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let normal = WebSocketCloseCode(rawValue: 1000)
    /// This side stops, or its user leaves.
    package static let goingAway = WebSocketCloseCode(rawValue: 1001)
    /// The other side broke the rules of the framing.
    package static let protocolError = WebSocketCloseCode(rawValue: 1002)
    /// A kind of message that is not understood here.
    package static let unsupported = WebSocketCloseCode(rawValue: 1003)
    /// Text that is no UTF-8.
    package static let invalidText = WebSocketCloseCode(rawValue: 1007)
    /// The other side may not do this, or not any longer.
    package static let policy = WebSocketCloseCode(rawValue: 1008)
    /// A message larger than this side takes.
    package static let tooLarge = WebSocketCloseCode(rawValue: 1009)
    /// A fault of this side.
    package static let fault = WebSocketCloseCode(rawValue: 1011)
    /// This side stops and will be back.
    package static let restart = WebSocketCloseCode(rawValue: 1012)
    /// This side can't keep up with what it has for the other one.
    package static let tryAgainLater = WebSocketCloseCode(rawValue: 1013)
    /// Never on the wire: a close frame without a code.
    package static let none = WebSocketCloseCode(rawValue: 1005)

    /// Whether a peer may send it: assigned ones, and those for applications.
    var mayBeReceived: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// Why a WebSocket can't be used any more. A proper close is not an error: then the messages just end.
package enum WebSocketError: Error, Sendable, Equatable {
    /// It was closed, by either side, before this could be sent.
    case closed
    /// The connection broke without a close.
    case lost
    /// The peer was silent, or took nothing, for too long.
    case timedOut
    /// The peer broke the rules and was told this code.
    case violated(WebSocketCloseCode)
}

/// What a peer may cost in memory and time.
package struct WebSocketLimits: Sendable, Equatable {
    /// Largest message that is taken, in bytes.
    package var messageBytes: Int
    /// Most frames of one message.
    package var fragments: Int
    /// Messages that may wait for the reader; beyond it nothing is read from the connection.
    package var waitingMessages: Int
    /// Time between two pings of ours.
    package var pingInterval: Duration
    /// The connection ends when nothing came for this long.
    package var silence: Duration
    /// What a silent peer is told before; `nil` to cut the connection.
    package var silenceCode: WebSocketCloseCode?
    /// The connection ends when something that is sent does not leave for this long.
    package var sending: Duration
    /// Time the peer has to answer a close.
    package var closing: Duration

    /// The defaults of the device link (docs/protocols/mender.md 13.1).
    package init(
        messageBytes: Int = 64 << 10, fragments: Int = 256, waitingMessages: Int = 8,
        pingInterval: Duration = .seconds(30), silence: Duration = .seconds(60), sending: Duration = .seconds(20),
        closing: Duration = .seconds(2)
    ) {
        self.messageBytes = messageBytes
        self.fragments = fragments
        self.waitingMessages = waitingMessages
        self.pingInterval = pingInterval
        self.silence = silence
        self.sending = sending
        self.closing = closing
    }
}
