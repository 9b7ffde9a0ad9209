import BaseTestSupport
internal import Encoding
import Testing

@testable import Wire

/// docs/protocols/tunnel.md B5: frames with odd content, and streams of many frames in any pieces.
@Suite struct SLIPTests {
    /// RFC 1055: END is sent as DB DC, ESC as DB DD; the address is escaped like the content.
    @Test(
        arguments: [
            (UInt16(1), [0x68, 0x69], [0, 1, 0x68, 0x69, 0xC0]), (0, [], [0, 0, 0xC0]),
            (1, [0xC0, 0xDB], [0, 1, 0xDB, 0xDC, 0xDB, 0xDD, 0xC0]),
            (1, [0xDB, 0xDC], [0, 1, 0xDB, 0xDD, 0xDC, 0xC0]),
            (0xC0, [7], [0, 0xDB, 0xDC, 7, 0xC0]), (0xDBC0, [7], [0xDB, 0xDD, 0xDB, 0xDC, 7, 0xC0]),
        ] as [(UInt16, [UInt8], [UInt8])])
    func frame_IsEscaped(address: UInt16, content: [UInt8], wire: [UInt8]) throws {
        #expect(SLIP.frame(address: address, content) == wire)
        let read = try SLIPReader.frames(in: [wire])
        #expect(read.count == 1 && read[0].address == address && read[0].content == content)
    }

    private static let odd: [(wire: [UInt8], contents: [[UInt8]])] = [
        ([0xC0, 0xC0, 0, 1, 7, 0xC0], [[7]]), ([9, 0xC0, 0, 1, 7, 0xC0], [[7]]), ([0xC0], []), ([], []),
        // A wrong escape loses its frame and nothing else.
        ([0, 1, 0xDB, 5, 6, 0xC0, 0, 1, 7, 0xC0], [[7]]), ([0xDB, 0xC0, 0, 1, 7, 0xC0], [[7]]),
        ([0, 1, 0xDB, 0xC0, 0, 1, 7, 0xC0], [[7]]), ([0, 1, 0xDB, 0xDB, 0xDC, 0xC0, 0, 1, 7, 0xC0], [[7]]),
        ([0, 0xDB, 0xDD, 0xC0], [[]]), ([0xDB, 0xDC, 0xC0, 0, 1, 7, 0xC0], [[7]]), ([0, 1, 7], []), ([0, 1, 0xDB], []),
    ]

    @Test func oddFrames_LoseNothingBehindThem() throws {
        for (wire, contents) in Self.odd {
            for cut in Damage.cuts(of: wire) {
                #expect(try SLIPReader.frames(in: cut).map(\.content) == contents, "\(wire)")
            }
            #expect(try SLIPReader.frames(in: wire.map { [$0] }).map(\.content) == contents, "\(wire)")
        }
    }

    @Test func frame_IsAMebibyteAtMost() throws {
        // Address 0 is kept whole, so the limit is what one end may make the other keep.
        let head: [UInt8] = [0, 0]
        let content = [UInt8](repeating: 1, count: SLIP.frameLimit - 2)
        let read = try SLIPReader.frames(in: [head, content, [0xC0]])
        #expect(read.count == 1 && read[0].content == content)
        #expect(throws: MessageError.tooLarge(limit: SLIP.frameLimit)) {
            try SLIPReader.frames(in: [head, content, [1]])
        }
        #expect(throws: MessageError.tooLarge(limit: SLIP.frameLimit)) {
            try SLIPReader.frames(in: [head, content, [0xDB], [0xDC]])
        }
    }

    @Test func frameWithAWrongEscape_IsNotKept() throws {
        var reader = SLIPReader()
        let rest = [UInt8](repeating: 1, count: 64 << 10)
        for piece in [[0, 1, 0xDB, 9]] + Array(repeating: rest, count: 64) {
            var position = 0
            #expect(try reader.next(in: piece.span, at: &position) == nil)
        }
        #expect(reader.held <= 2)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>) func stream_ComesBackInAnyPieces(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<60 {
            let sent = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                var content = generator.bytes(0...80)
                // Half of the bytes are ones with a meaning.
                for index in content.indices where Bool.random(using: &generator) {
                    content[index] = generator.pick([0xC0, 0xDB, 0xDC, 0xDD])
                }
                return (address: generator.pick([0, 1, 0xC0, 0xDB, 0xC0DB, 0xFFFE] as [UInt16]), content: content)
            }
            let wire = sent.flatMap { SLIP.frame(address: $0.address, $0.content) }
            #expect(wire.count { $0 == SLIP.end } == sent.count)
            let read = try SLIPReader.frames(in: Damage.pieces(of: wire, upTo: 40, using: &generator))
            #expect(read.map(\.address) == sent.map(\.address) && read.map(\.content) == sent.map(\.content))
        }
    }

    /// The look at 32 bytes at a time finds what a look at each finds.
    @Test(arguments: 1...2 as ClosedRange<UInt64>) func specialByte_IsFoundWhereItIs(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let near: [UInt8] = [0xBF, 0xC0, 0xC1, 0xDA, 0xDB, 0xDC, 0x40, 0x5B, 0x00, 0xFF]
        for _ in 0..<500 {
            var bytes = generator.bytes(0...130)
            for index in bytes.indices where bytes[index] == 0xC0 || bytes[index] == 0xDB { bytes[index] = 0xC1 }
            for _ in 0..<2 where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &generator)] = generator.pick(near)
            }
            let start = Int.random(in: 0...bytes.count, using: &generator)
            let expected = bytes[start...].firstIndex { $0 == 0xC0 || $0 == 0xDB } ?? bytes.count
            #expect(SLIP.special(in: bytes.span, from: start) == expected)
        }
    }
}
