import Wire

/// WebSocket frames of tunnel clients: however they are cut, the same is understood; text is UTF-8 and within the limit.
@_cdecl("LLVMFuzzerTestOneInput")
func readWebSocket(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    let whole = events(in: [bytes])
    let cut = Int(bytes.first ?? 0) % (bytes.count + 1)
    precondition(whole == events(in: [Array(bytes[..<cut]), Array(bytes[cut...])]), "a cut changes what is understood")
    precondition(whole == events(in: bytes.map { [$0] }), "single bytes change what is understood")
    for event in whole.events {
        guard case .message(let isText, let message) = event else { continue }
        precondition(message.count <= limit, "a message beyond the limit")
        precondition(!isText || String(validating: message, as: UTF8.self) != nil, "text that is no UTF-8")
    }
    precondition(UTF8Check.isValid(bytes.span) == (String(validating: bytes, as: UTF8.self) != nil), "UTF-8 misjudged")
    return 0
}

private let limit = 4096

private struct Understood: Equatable {
    var events: [WebSocketReader.Event] = []
    var fault: WebSocketFault?
}

private func events(in pieces: [[UInt8]]) -> Understood {
    var reader = WebSocketReader(limit: limit)
    var all = Understood()
    for piece in pieces {
        var position = 0
        do throws(WebSocketFault) {
            while let event = try reader.next(in: piece.span, at: &position) { all.events.append(event) }
        } catch {
            all.fault = error
            return all
        }
    }
    return all
}
