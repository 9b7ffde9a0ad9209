import Encoding
import Wire

/// SLIP frames of a tunnel's end: however they are cut, the same frames come out, and what is written can be read
/// again.
@_cdecl("LLVMFuzzerTestOneInput")
func readFrames(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    let whole = frames(in: [bytes])
    let cut = Int(bytes.first ?? 0) % (bytes.count + 1)
    precondition(whole == frames(in: [Array(bytes[..<cut]), Array(bytes[cut...])]), "a cut changes the frames")
    precondition(whole == frames(in: bytes.map { [$0] }), "single bytes change the frames")
    for frame in whole {
        let again = frames(in: [SLIP.frame(address: frame.address, frame.content)])
        precondition(again == [frame], "a frame that changes when it is written")
    }
    return 0
}

private struct Read: Equatable {
    let address: UInt16
    let content: [UInt8]
}

private func frames(in pieces: [[UInt8]]) -> [Read] {
    var reader = SLIPReader()
    var all: [Read] = []
    for piece in pieces {
        var position = 0
        while let frame = try? reader.next(in: piece.span, at: &position) {
            switch frame.content {
            case .range(let range): all.append(Read(address: frame.address, content: Array(piece[range])))
            case .bytes(let bytes): all.append(Read(address: frame.address, content: bytes))
            }
        }
    }
    return all
}
