import NIOCore
import NIOWebSocket
import Testing

@testable import WebSockets

/// Frames to messages, and every frame that RFC 6455 forbids.
@Suite struct AssemblerTests {
    private static let mask: WebSocketMaskingKey = [1, 2, 3, 4]

    private static func frame(
        _ opcode: WebSocketOpcode, _ payload: [UInt8], fin: Bool = true, isMasked: Bool = true, rsv: Bool = false
    ) -> WebSocketFrame {
        var data = ByteBuffer(bytes: payload)
        if isMasked { data.webSocketMask(mask) }
        return WebSocketFrame(fin: fin, rsv1: rsv, opcode: opcode, maskKey: isMasked ? mask : nil, data: data)
    }

    private static func server(limit: Int = 16, frames: Int = 4) -> MessageAssembler {
        MessageAssembler(role: .server, messageLimit: limit, frameLimit: frames)
    }

    @Test func fragments_BecomeOneMessage_WithAPingBetween() {
        var assembler = Self.server()
        #expect(assembler.receive(Self.frame(.text, Array("a".utf8), fin: false)) == .nothing)
        #expect(assembler.receive(Self.frame(.ping, [7])) == .ping([7]))
        #expect(assembler.receive(Self.frame(.continuation, Array("b".utf8), fin: false)) == .nothing)
        #expect(assembler.receive(Self.frame(.continuation, Array("c".utf8))) == .message(.text("abc")))
        #expect(assembler.receive(Self.frame(.binary, [])) == .message(.binary([])))
    }

    @Test func characterCutByAFragment_IsStillText() {
        var assembler = Self.server()
        #expect(assembler.receive(Self.frame(.text, [0xC3], fin: false)) == .nothing)
        #expect(assembler.receive(Self.frame(.continuation, [0xA4])) == .message(.text("ä")))
    }

    @Test(arguments: [
        (WebSocketOpcode.continuation, [UInt8](), false, true, false),
        (.text, [0xFF], true, true, false), (.text, [0xC3], true, true, false),
        (.text, [0xED, 0xA0, 0x80], true, true, false), (.binary, [], true, false, false),
        (.binary, [], true, true, true), (WebSocketOpcode(encodedWebSocketOpcode: 3)!, [], true, true, false),
        (WebSocketOpcode(encodedWebSocketOpcode: 0xB)!, [], true, true, false),
        (.binary, [UInt8](repeating: 0, count: 17), true, true, false),
        (.connectionClose, [3], true, true, false), (.connectionClose, [0x03, 0xED], true, true, false),
        (.connectionClose, [0x03, 0xE7], true, true, false), (.connectionClose, [0x03, 0xE8, 0xFF], true, true, false),
        (.connectionClose, [0x13, 0x88], true, true, false),
    ])
    func forbiddenFrame_IsAViolation(
        _ opcode: WebSocketOpcode, _ payload: [UInt8], fin: Bool, isMasked: Bool, rsv: Bool
    ) {
        var assembler = Self.server()
        let outcome = assembler.receive(Self.frame(opcode, payload, fin: fin, isMasked: isMasked, rsv: rsv))
        guard case .violation = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func secondMessageInsideOfAnother_IsAViolation() {
        var assembler = Self.server()
        _ = assembler.receive(Self.frame(.text, [], fin: false))
        #expect(assembler.receive(Self.frame(.text, [])) == .violation(.protocolError))
    }

    @Test func emptyFragmentsWithoutEnd_AreTooMany() {
        var assembler = Self.server(frames: 3)
        #expect(assembler.receive(Self.frame(.binary, [], fin: false)) == .nothing)
        #expect(assembler.receive(Self.frame(.continuation, [], fin: false)) == .nothing)
        #expect(assembler.receive(Self.frame(.continuation, [], fin: false)) == .nothing)
        #expect(assembler.receive(Self.frame(.continuation, [], fin: false)) == .violation(.tooLarge))
    }

    @Test func fragmentsTogetherLargerThanTheLimit_AreRefused() {
        var assembler = Self.server()
        _ = assembler.receive(Self.frame(.binary, [UInt8](repeating: 0, count: 10), fin: false))
        #expect(assembler.receive(Self.frame(.continuation, [UInt8](repeating: 0, count: 7))) == .violation(.tooLarge))
    }

    @Test func close_HasCodeAndReason() {
        var assembler = Self.server()
        #expect(assembler.receive(Self.frame(.connectionClose, [])) == .closed(.none, reason: ""))
        #expect(
            assembler.receive(Self.frame(.connectionClose, [0x03, 0xE8] + Array("bye".utf8)))
                == .closed(.normal, reason: "bye"))
    }

    @Test func client_WantsPlainFrames() {
        var assembler = MessageAssembler(role: .client, messageLimit: 16, frameLimit: 4)
        #expect(assembler.receive(Self.frame(.binary, [1], isMasked: false)) == .message(.binary([1])))
        #expect(assembler.receive(Self.frame(.binary, [1])) == .violation(.protocolError))
    }
}
