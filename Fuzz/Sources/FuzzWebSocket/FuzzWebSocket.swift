import Encoding
import TunnelMachines

/// WebSocket frames of tunnel clients: however they are cut, the same is understood; text is UTF-8 and within the
/// limit.
@_cdecl("LLVMFuzzerTestOneInput")
func readWebSocket(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    let whole = events(in: [bytes])
    let cut = Int(bytes.first ?? 0) % (bytes.count + 1)
    precondition(whole == events(in: [Array(bytes[..<cut]), Array(bytes[cut...])]), "a cut changes what is understood")
    precondition(whole == events(in: bytes.map { [$0] }), "single bytes change what is understood")
    let parts = events(in: [bytes], partLimit: 16)
    precondition(parts == events(in: bytes.map { [$0] }, partLimit: 16), "single bytes change the parts")
    let together = joined(parts)
    // Text that is no UTF-8 is found sooner in parts, also in a message that never ends; no message is lost by that.
    precondition(
        together == whole || parts.fault?.code == .notUTF8 && messages(together) == messages(whole),
        "parts that are not the whole")
    for event in parts.events {
        guard case .part(let isText, let part) = event else { continue }
        precondition(part.count <= 16, "a part beyond its limit")
        precondition(!isText || String(validating: part, as: UTF8.self) != nil, "a part that is no UTF-8")
    }
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

private func messages(_ understood: Understood) -> [WebSocketReader.Event] {
    understood.events.filter { if case .message = $0 { true } else { false } }
}

private func joined(_ parts: Understood) -> Understood {
    var whole = Understood(fault: parts.fault)
    var open: [UInt8] = []
    for event in parts.events {
        switch event {
        case .part(_, let bytes): open += bytes
        case .message(let isText, let bytes):
            whole.events.append(.message(isText: isText, open + bytes))
            open = []
        default: whole.events.append(event)
        }
    }
    return whole
}

private func events(in pieces: [[UInt8]], partLimit: Int = limit) -> Understood {
    var reader = WebSocketReader(limit: limit, partLimit: partLimit)
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
