internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import PKI

/// One HTTP/1.1 connection, used by one exchange at a time (others wait their turn).
///
/// The channel lives in a task that this object owns: the task ends when the connection is closed, and dropping the
/// last reference closes the connection.
package final class HTTPConnection: Sendable {
    package let endpoint: Endpoint
    /// What the peer showed in the handshake, leaf first; empty over a Unix socket.
    package let peerCertificates: [Certificate]
    /// Our own address on this connection, as text; nil over a Unix socket.
    package let localAddress: String?
    /// The peer's address as text; nil over a Unix socket.
    package let remoteAddress: String?

    let limits: TransportLimits
    let channel: any Channel
    private let usable = UsableFlag()
    private let exchanges: AsyncStream<Exchange>.Continuation

    private init(
        _ open: OpenChannel, endpoint: Endpoint, limits: TransportLimits, runner: AsyncStream<Exchange>.Continuation
    ) {
        self.endpoint = endpoint
        self.limits = limits
        peerCertificates = open.record.chain
        channel = open.channel
        localAddress = channel.localAddress?.ipAddress
        remoteAddress = channel.remoteAddress?.ipAddress
        exchanges = runner
    }

    deinit {
        close()
    }

    /// Connects and, for a TLS endpoint, completes the handshake. Throws ``TransportError``.
    package static func connect(
        _ endpoint: Endpoint, tls: TransportTLS?, limits: TransportLimits = TransportLimits()
    ) async throws -> HTTPConnection {
        let open: OpenChannel
        do {
            open = try await OpenChannel.open(endpoint, tls: tls, limits: limits)
        } catch {
            try Task.checkCancellation()
            throw TransportError.translating(error)
        }
        let (jobs, runner) = AsyncStream.makeStream(of: Exchange.self, bufferingPolicy: .bufferingOldest(64))
        do {
            try await open.handshake(limits: limits)
            let parts = try await open.parts()
            // Owned by the connection: ends as soon as `runner` is finished or the channel closed, which `close` does.
            Task { await Exchange.serve(jobs, finish: runner, on: parts) }
        } catch {
            open.channel.close(mode: .all, promise: nil)
            throw TransportError.translating(error)
        }
        return HTTPConnection(open, endpoint: endpoint, limits: limits, runner: runner)
    }

    /// True while the channel is up. A peer may still close it before the next answer.
    package var isOpen: Bool { usable.isSet && channel.isActive }

    /// Sends a request and collects the answer within ``TransportLimits/exchange`` and
    /// ``TransportLimits/responseBody``.
    package func send(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse {
        try await run(request, .collect(limit: limits.responseBody))
    }

    /// Sends a request and hands the answer's body to `onBody` as it arrives, no faster than it takes it. `onHead` sees
    /// status and headers first and ends the exchange by throwing. Time is limited by ``TransportLimits/idle`` only.
    package func stream(
        _ request: HTTPExchangeRequest,
        onHead: @escaping @Sendable (HTTPExchangeResponse) async throws -> Void = { _ in },
        onBody: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> HTTPExchangeResponse {
        try await run(request, .stream(onHead: onHead, onBody: onBody))
    }

    /// Closes the connection; exchanges under way end with ``TransportError/closed``.
    package func close() {
        usable.clear()
        exchanges.finish()
        channel.close(mode: .all, promise: nil)
    }

    private func run(_ request: HTTPExchangeRequest, _ sink: Exchange.Sink) async throws -> HTTPExchangeResponse {
        try Task.checkCancellation()
        let head = try Exchange.head(of: request, for: endpoint)
        let channel = channel
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let exchange = Exchange(
                    request: request, head: head, sink: sink, limits: limits, channel: channel, peer: peerCertificates,
                    usable: usable, continuation: continuation)
                guard case .enqueued = exchanges.yield(exchange) else {
                    return continuation.resume(throwing: TransportError.closed)
                }
            }
        } onCancel: {
            // Half an exchange leaves the connection unusable, so it is closed; the exchange then ends at once.
            channel.close(mode: .all, promise: nil)
        }
    }
}
