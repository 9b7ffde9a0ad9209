import Encoding
import Wire

/// Requests of tunnel clients: cut out of a stream the same way however it arrives, and answered with JSON whatever
/// they say.
@_cdecl("LLVMFuzzerTestOneInput")
func readRequests(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    let whole = documents(in: [bytes])
    // What begins with no bracket is handed out as it stands, so only JSON is compared.
    if whole.allSatisfy({ $0.first == UInt8(ascii: "{") || $0.first == UInt8(ascii: "[") }) {
        let cut = Int(bytes.first ?? 0) % (bytes.count + 1)
        precondition(whole == documents(in: [Array(bytes[..<cut]), Array(bytes[cut...])]), "a cut changes documents")
        precondition(whole == documents(in: bytes.map { [$0] }), "single bytes change documents")
    }
    for document in whole {
        for methods in [TunnelMethod.rendezvous, TunnelMethod.proxy] {
            do throws(TunnelRefusal) {
                let request = try TunnelRequest(parsing: document, methods: methods)
                check(TunnelMessages.ping(request.id, timestamp: request.params["timestamp"] ?? .null))
                check(
                    TunnelMessages.tunnelEstablished(request.id, name: request.text("name"), uuid: request.text("uuid"))
                )
                if let uuid = TunnelUUID(request.text("uuid")) {
                    precondition(TunnelUUID(uuid.braced) == uuid && TunnelUUID(uuid.plain) == uuid)
                }
            } catch {
                check(TunnelMessages.failure(error))
            }
        }
    }
    return 0
}

private func check(_ answer: [UInt8]) {
    precondition(answer.last == 0x0A && answer.dropLast().firstIndex(of: 0x0A) == nil, "an answer is one line")
    precondition(
        (try? JSONValue(parsing: answer, limits: JSONLimits(bytes: 1 << 20))) != nil, "an answer that is no JSON")
}

private func documents(in pieces: [[UInt8]]) -> [[UInt8]] {
    var reader = TunnelDocuments()
    var all: [[UInt8]] = []
    for piece in pieces {
        reader.append(piece)
        while let document = try? reader.next() { all.append(document) }
    }
    return all
}
