internal import NIOCore

/// A request as a test server reads it.
package struct PeerRequest: Sendable, Equatable {
    /// Method of the request line.
    package let method: String
    /// Target of the request line.
    package let path: String
    /// Header lines as received, names in lower case.
    package let headers: [String: String]
    package let body: [UInt8]
}

/// One connection of a test server, as bytes: what goes out need not be HTTP.
package final class PeerConnection {
    /// 0 for the first connection of the server.
    package let number: Int
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let eventLoop: any EventLoop
    private var pending: [UInt8] = []

    init(
        number: Int, inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, eventLoop: any EventLoop
    ) {
        self.number = number
        self.eventLoop = eventLoop
        self.inbound = inbound
        self.outbound = outbound
    }

    /// The next request; nil when the client is gone.
    package func request() async throws -> PeerRequest? {
        guard let head = try await lines() else { return nil }
        let first = head[0].split(separator: " ").map(String.init)
        guard first.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let body: [UInt8]
        if headers["transfer-encoding"] == "chunked" {
            body = try await chunks()
        } else {
            body = try await take(Int(headers["content-length"] ?? "0") ?? 0)
        }
        return PeerRequest(method: first[0], path: first[1], headers: headers, body: body)
    }

    /// The next request's head alone; the body stays unread.
    package func head() async throws -> [String]? {
        try await lines()
    }

    /// Sends bytes as they are.
    package func send(_ bytes: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
        // Who sends without end leaves the event loop a turn in which it looks at its sockets.
        try await eventLoop.submit {}.get()
    }

    package func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Sends a complete answer.
    package func answer(_ status: Int = 200, headers: [String] = [], _ body: [UInt8] = []) async throws {
        let head = ["HTTP/1.1 \(status) Status", "Content-Length: \(body.count)"] + headers
        try await send(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
    }

    /// Waits until the client closes; what it still sends is dropped.
    package func waitForEnd() async throws {
        while try await inbound.next() != nil {}
    }

    private func lines() async throws -> [String]? {
        while true {
            if let end = pending.firstRange(of: Array("\r\n\r\n".utf8)) {
                let text = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
                pending.removeSubrange(..<end.upperBound)
                return text.split(separator: "\r\n").map(String.init)
            }
            guard try await fill() else { return nil }
        }
    }

    private func chunks() async throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            while pending.firstRange(of: Array("\r\n".utf8)) == nil { guard try await fill() else { return body } }
            guard let end = pending.firstRange(of: Array("\r\n".utf8)) else { return body }
            let size = Int(String(decoding: pending[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
            pending.removeSubrange(..<end.upperBound)
            body += try await take(size)
            _ = try await take(2)
            if size == 0 { return body }
        }
    }

    private func take(_ count: Int) async throws -> [UInt8] {
        while pending.count < count { guard try await fill() else { break } }
        let bytes = Array(pending.prefix(count))
        pending.removeFirst(bytes.count)
        return bytes
    }

    private func fill() async throws -> Bool {
        guard let buffer = try await inbound.next() else { return false }
        pending.append(contentsOf: buffer.readableBytesView)
        return true
    }
}
