package import PKI

/// One HTTP/1.1 request.
package struct HTTPExchangeRequest: Sendable {
    /// What is sent after the head.
    package enum Body: Sendable {
        case none
        /// These bytes.
        case bytes([UInt8])
        /// What `write` hands to the writer, chunk by chunk, no faster than the peer takes it. With a `length` in bytes
        /// the body has a Content-Length and must have exactly that size; without, it is chunked.
        case stream(length: Int?, write: @Sendable (HTTPBodyWriter) async throws -> Void)

        /// Sends the elements of a sequence.
        package static func stream<Chunks: AsyncSequence & Sendable>(_ chunks: Chunks, length: Int? = nil) -> Body
        where Chunks.Element == [UInt8] {
            .stream(length: length) { writer in
                for try await chunk in chunks { try await writer.write(chunk) }
            }
        }
    }

    /// `GET`, `POST`, …
    package var method: String
    /// Request target: path with query, beginning with `/`.
    package var path: String
    /// Further header lines; Host, Content-Length and Transfer-Encoding are set here.
    package var headers: [(String, String)]
    /// What is sent after the head.
    package var body: Body
    /// Called with the number of body bytes the connection has taken so far, for progress bars.
    package var onProgress: (@Sendable (Int) -> Void)?

    package init(
        method: String = "GET", path: String, headers: [(String, String)] = [], body: Body = .none,
        onProgress: (@Sendable (Int) -> Void)? = nil
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.onProgress = onProgress
    }
}

/// The answer to a request. Redirects are answers like others: nothing is followed.
package struct HTTPExchangeResponse: Sendable {
    package let status: Int
    /// Header lines in order.
    package let headers: [(String, String)]
    /// The body; empty when it was streamed.
    package let body: [UInt8]
    /// What the peer showed in the handshake, leaf first; empty over a Unix socket.
    package let peerCertificates: [Certificate]

    /// Value of the first header line of this name (case-insensitive).
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.0.lowercased() == wanted }?.1
    }
}

/// Where the writer of a streamed request body puts its chunks.
package struct HTTPBodyWriter: Sendable {
    let send: @Sendable ([UInt8]) async throws -> Void

    /// Sends a chunk; returns when the connection has room for the next one.
    package func write(_ chunk: [UInt8]) async throws {
        if !chunk.isEmpty { try await send(chunk) }
    }
}
