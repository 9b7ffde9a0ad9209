internal import NIOCore
internal import NIOHTTP1

extension Exchange {
    /// Reads one answer to its end; returns it and whether the peer keeps the connection.
    func read(_ inbound: inout Inbound, _ deadline: Deadline) async throws -> (HTTPExchangeResponse, keep: Bool) {
        var head: HTTPResponseHead?
        var body: [UInt8] = []
        while let part = try await inbound.next() {
            switch part {
            case .head(let received):
                head = received
                guard case .stream(let onHead, _) = sink else { continue }
                try await onHead(response(received, body: []))
            case .body(let buffer):
                guard head != nil else { throw TransportError.notHTTP(reason: "body without head") }
                if isArmedPerChunk { deadline.arm(.idle, limits.idle) }
                try await take(buffer, into: &body)
            case .end:
                guard let head else { throw TransportError.notHTTP(reason: "end without head") }
                return (response(head, body: body), head.isKeepAlive)
            }
        }
        throw TransportError.closed
    }

    private var isArmedPerChunk: Bool {
        if case .stream = sink { true } else { false }
    }

    private func take(_ buffer: ByteBuffer, into body: inout [UInt8]) async throws {
        switch sink {
        case .collect(let limit):
            guard body.count + buffer.readableBytes <= limit else {
                throw TransportError.responseTooLarge(limit: limit)
            }
            body.append(contentsOf: buffer.readableBytesView)
        case .stream(_, let onBody): try await onBody(Array(buffer.readableBytesView))
        }
    }

    private func response(_ head: HTTPResponseHead, body: [UInt8]) -> HTTPExchangeResponse {
        HTTPExchangeResponse(
            status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) }, body: body,
            peerCertificates: peer)
    }
}
