internal import NIOCore
internal import NIOWebSocket

/// Puts messages together from frames, and refuses what RFC 6455 does not allow. Pure: a frame goes in, the thing to do
/// comes out.
///
/// The decoder before it has checked lengths, and that control frames are short and whole.
struct MessageAssembler {
    /// Which end of the connection this is: a server wants masked frames, a client wants them plain.
    enum Role: Sendable {
        case server
        case client
    }

    /// What a frame leads to.
    enum Outcome: Equatable {
        case nothing
        case message(WebSocketMessage)
        case ping([UInt8])
        case closed(WebSocketCloseCode, reason: String)
        case violation(WebSocketCloseCode)
    }

    private struct Partial {
        var isText: Bool
        var bytes: [UInt8]
        var frames = 1
    }

    private let role: Role
    private let messageLimit: Int
    private let frameLimit: Int
    private var partial: Partial?

    init(role: Role, messageLimit: Int, frameLimit: Int) {
        self.role = role
        self.messageLimit = messageLimit
        self.frameLimit = frameLimit
    }

    mutating func receive(_ frame: WebSocketFrame) -> Outcome {
        guard frame.reservedBits.isEmpty, (frame.maskKey != nil) == (role == .server) else {
            return .violation(.protocolError)
        }
        let payload = Array(frame.unmaskedData.readableBytesView)
        switch frame.opcode {
        case .text, .binary: return begin(isText: frame.opcode == .text, payload, isLast: frame.fin)
        case .continuation: return proceed(payload, isLast: frame.fin)
        case .ping: return .ping(payload)
        case .pong: return .nothing
        case .connectionClose: return Self.close(payload)
        default: return .violation(.protocolError)
        }
    }

    private mutating func begin(isText: Bool, _ payload: [UInt8], isLast: Bool) -> Outcome {
        guard partial == nil else { return .violation(.protocolError) }
        guard payload.count <= messageLimit else { return .violation(.tooLarge) }
        if isLast { return Self.finished(isText: isText, payload) }
        partial = Partial(isText: isText, bytes: payload)
        return .nothing
    }

    private mutating func proceed(_ payload: [UInt8], isLast: Bool) -> Outcome {
        guard var whole = partial.take() else { return .violation(.protocolError) }
        whole.frames += 1
        guard whole.bytes.count + payload.count <= messageLimit, whole.frames <= frameLimit else {
            return .violation(.tooLarge)
        }
        whole.bytes += payload
        if isLast { return Self.finished(isText: whole.isText, whole.bytes) }
        partial = whole
        return .nothing
    }

    private static func finished(isText: Bool, _ bytes: [UInt8]) -> Outcome {
        guard isText else { return .message(.binary(bytes)) }
        guard let text = String(validating: bytes, as: UTF8.self) else { return .violation(.invalidText) }
        return .message(.text(text))
    }

    private static func close(_ payload: [UInt8]) -> Outcome {
        guard !payload.isEmpty else { return .closed(.none, reason: "") }
        guard payload.count >= 2 else { return .violation(.protocolError) }
        let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.mayBeReceived else { return .violation(.protocolError) }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else { return .violation(.invalidText) }
        return .closed(code, reason: reason)
    }
}
