internal import NIOCore
internal import NIOHTTP1

/// The connection did not take what was written; why is seen by the reader.
struct WriteFailed: Error {}

extension Exchange {
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// Makes the head of a request; refuses what could be read as more than one request.
    static func head(of request: HTTPExchangeRequest, for endpoint: Endpoint) throws -> HTTPRequestHead {
        guard methods.contains(request.method) else { throw TransportError.invalidRequest(reason: "method") }
        guard request.path.utf8.first == UInt8(ascii: "/"), request.path.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw TransportError.invalidRequest(reason: "path")
        }
        var headers = HTTPHeaders([("Host", endpoint.authority)])
        for (name, value) in request.headers {
            // The scalars of both may only be visible ASCII; the encoder checks it too, but only when it is too late.
            guard !name.isEmpty, (name + value).utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw TransportError.invalidRequest(reason: "header")
            }
            headers.add(name: name, value: value)
        }
        switch request.body {
        case .none:
            if request.method == "POST" || request.method == "PUT" { headers.add(name: "Content-Length", value: "0") }
        case .bytes(let bytes): headers.add(name: "Content-Length", value: String(bytes.count))
        case .stream(let length?, _): headers.add(name: "Content-Length", value: String(length))
        case .stream(nil, _): headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.path, headers: headers)
    }

    /// Up to this many bytes a body leaves in one go, whatever the peer does.
    private static let smallBody = 65536

    /// Writes the whole request. Throws ``WriteFailed`` when the connection fails, else the error of the body's source.
    /// `ending` is called when nothing is left that could block.
    func write(to outbound: Outbound, _ deadline: Deadline, ending: @Sendable () -> Void) async throws {
        switch request.body {
        case .none:
            ending()
            try await put([.head(head), .end(nil)], outbound)
        case .bytes(let bytes):
            if bytes.count <= Self.smallBody { ending() }
            try await put([.head(head), .body(ByteBuffer(bytes: bytes)), .end(nil)], outbound)
            request.onProgress?(bytes.count)
        case .stream(let length, let source):
            try await put([.head(head)], outbound)
            let sent = BodyCount(limit: length)
            try await source(
                HTTPBodyWriter { chunk in
                    let total = try sent.add(chunk.count)
                    try await put([.body(ByteBuffer(bytes: chunk))], outbound)
                    // An event loop looks at its sockets only when no work waits for it. Of a body that comes as fast
                    // as the peer takes it there always is some, and the peer's answer would never be read.
                    try await channel.eventLoop.submit {}.get()
                    deadline.arm(.idle, limits.idle)
                    request.onProgress?(total)
                })
            try sent.finish()
            ending()
            try await put([.end(nil)], outbound)
        }
    }

    private func put(_ parts: [RequestPart], _ outbound: Outbound) async throws {
        do {
            try await outbound.write(contentsOf: parts)
        } catch {
            throw WriteFailed()
        }
    }
}
