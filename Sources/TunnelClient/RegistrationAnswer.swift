internal import Encoding
internal import NIOCore
internal import Wire

/// The proxy's answer to a registration as server or client, in however many pieces it comes.
struct RegistrationAnswer {
    private var documents = TunnelDocuments()

    /// What is behind the answer once it is here and good; `nil` until it is complete.
    ///
    /// - Throws: ``TunnelFailure/refused(_:)`` in the proxy's words, ``TunnelFailure/protocolBroken`` when it is no
    ///   answer or has no end.
    mutating func take(_ buffer: ByteBuffer) throws(TunnelFailure) -> [UInt8]? {
        documents.append(buffer.readableBytesUInt8Span)
        let answer: JSONValue
        do {
            guard let document = try documents.next() else { return nil }
            answer = try JSONValue(parsing: document)
        } catch {
            throw .protocolBroken
        }
        let word = answer["params"]?["tunnelProxyError"]?.string ?? answer["error"]?.string ?? "no reason"
        guard word == TunnelProxyError.noError.rawValue else { throw .refused(TunnelText.shortened(word)) }
        return documents.rest()
    }
}
