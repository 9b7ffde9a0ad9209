import Testing
import TunnelServer

/// Messages that are given out in parts, because so much of them is kept and no more.
@Suite struct WebSocketReaderTests {
    private struct Read: Equatable {
        var texts: [[UInt8]] = []
        var parts = 0
        var held = 0
        var fault: WebSocketFault?
    }

    private static func read(_ pieces: [[UInt8]], limit: Int = 1000, partLimit: Int = 8) -> Read {
        var reader = WebSocketReader(limit: limit, partLimit: partLimit)
        var result = Read()
        var open: [UInt8] = []
        for piece in pieces {
            var position = 0
            do throws(WebSocketFault) {
                while let event = try reader.next(in: piece.span, at: &position) {
                    switch event {
                    case .part(let isText, let bytes):
                        if isText, String(validating: bytes, as: UTF8.self) == nil { result.texts.append([0xFF]) }
                        open += bytes
                        result.parts += 1
                    case .message(_, let bytes):
                        result.texts.append(open + bytes)
                        open = []
                    default: break
                    }
                }
            } catch {
                result.fault = error
                return result
            }
            result.held = max(result.held, reader.held)
        }
        return result
    }

    private static func masked(_ payload: [UInt8], opcode: UInt8 = 1, isLast: Bool = true) -> [UInt8] {
        let mask: [UInt8] = [9, 8, 7, 6]
        let length =
            payload.count < 126
            ? [UInt8(payload.count) | 0x80] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        return [(isLast ? 0x80 : 0) | opcode] + length + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    @Test(arguments: [0, 7, 8, 9, 15, 16, 17, 200]) func message_ComesTogetherAgainHoweverItIsCut(count: Int) {
        let text = Array(String(repeating: "aé€😀", count: count).utf8.prefix(count * 10))
        let whole = Self.masked(text)
        let fragments =
            Self.masked(Array(text[..<(text.count / 3)]), isLast: false)
            + Self.masked([], opcode: 0, isLast: false) + Self.masked(Array(text[(text.count / 3)...]), opcode: 0)
        for bytes in [whole, fragments] {
            let read = Self.read([bytes], limit: 4000)
            #expect(read.texts == [text] && read.fault == nil)
            #expect(read.parts > 0 || text.count <= 8)
            for cut in stride(from: 1, to: bytes.count, by: 3) {
                let again = Self.read([Array(bytes[..<cut]), Array(bytes[cut...])], limit: 4000)
                #expect(again.texts == [text] && again.parts == read.parts)
            }
            // A part, and the longest header.
            #expect(Self.read(bytes.map { [$0] }, limit: 4000).held <= 8 + 14)
        }
    }

    @Test func limit_CountsTheWholeMessage() {
        let piece = [UInt8](repeating: 0x61, count: 100)
        let frames =
            [Self.masked(piece, isLast: false)] + (0..<9).map { _ in Self.masked(piece, opcode: 0, isLast: false) }
        #expect(Self.read(frames + [Self.masked([], opcode: 0)]).texts.first?.count == 1000)
        #expect(Self.read(frames + [Self.masked([0x61], opcode: 0)]).fault?.code == .tooLarge)
        // The next message begins at nothing.
        let twice = frames + [Self.masked([], opcode: 0)]
        #expect(Self.read(twice + twice).texts.map(\.count) == [1000, 1000])
    }

    @Test func textThatIsNoUTF8_IsFoundAcrossParts() {
        #expect(Self.read([Self.masked(Array("1234567".utf8) + [0xC3, 0x28, 0x61])]).fault?.code == .notUTF8)
        #expect(Self.read([Self.masked(Array("1234567".utf8) + [0xC3])]).fault?.code == .notUTF8)
        #expect(Self.read([Self.masked(Array("1234567é".utf8))]).fault == nil)
        #expect(Self.read([Self.masked([UInt8](repeating: 0xC3, count: 20))]).fault?.code == .notUTF8)
    }

    @Test func binary_IsCutAnywhere() {
        let bytes = [UInt8](repeating: 0xC3, count: 99)
        let read = Self.read([Self.masked(bytes, opcode: 2)])
        #expect(read.texts == [bytes] && read.parts == 12)
    }

    @Test(
        arguments: [
            ([], 1005), ([3, 0xE8], 1000), ([0x0F, 0xA0], 4000), ([3], nil), ([0, 1], nil), ([3, 0xEE], nil),
            ([3, 0xED], nil), ([0x13, 0x88], nil), ([3, 0xE8, 0xFF], nil), ([3, 0xE8, 0x61], 1000),
        ] as [([UInt8], UInt16?)])
    func closeCode_MustBeOneThatMayBeSent(payload: [UInt8], code: UInt16?) throws {
        var reader = WebSocketReader(limit: 1000)
        var position = 0
        let frame = Self.masked(payload, opcode: 8)
        let event = try? reader.next(in: frame.span, at: &position)
        #expect(event == code.map { .close(code: $0) })
    }

    @Test(arguments: 0..<40) func utf8_IsJudgedAsTheStandardLibraryDoes(seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        for _ in 0..<500 {
            let bytes = (0..<12).map { _ -> UInt8 in
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let pool: [UInt8] = [
                    0x41, 0x80, 0xBF, 0xC2, 0xE0, 0xA0, 0xED, 0x9F, 0xF0, 0x90, 0xF4, 0x8F, 0xFF, 0xE2,
                ]
                return pool[Int(random >> 40) % pool.count]
            }
            #expect(UTF8Check.isValid(bytes.span) == (String(validating: bytes, as: UTF8.self) != nil))
            let end = UTF8Check.validPrefix(bytes.span)
            #expect(String(validating: bytes[..<end], as: UTF8.self) != nil)
        }
    }
}
