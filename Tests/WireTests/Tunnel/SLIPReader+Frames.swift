import Testing
import Wire

extension SLIPReader {
    /// All frames of a stream that arrives in these pieces, each of which is read to its end.
    static func frames(in pieces: [[UInt8]]) throws -> [(address: UInt16, content: [UInt8])] {
        var reader = SLIPReader()
        var all: [(UInt16, [UInt8])] = []
        for piece in pieces {
            var position = 0
            while let frame = try reader.next(in: piece.span, at: &position) {
                switch frame.content {
                case .range(let range): all.append((frame.address, Array(piece[range])))
                case .bytes(let bytes): all.append((frame.address, bytes))
                }
            }
            #expect(position == piece.count)
        }
        return all
    }
}
