internal import NIOCore
internal import NIOHTTP1
internal import PKI
internal import Synchronization

/// One request with its answer, on its way through the task that owns the channel.
struct Exchange: Sendable {
    typealias Parts = NIOAsyncChannel<HTTPClientResponsePart, RequestPart>
    typealias Inbound = NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    typealias Outbound = NIOAsyncChannelOutboundWriter<RequestPart>

    /// Where the answer's body goes.
    enum Sink: Sendable {
        case collect(limit: Int)
        case stream(
            onHead: @Sendable (HTTPExchangeResponse) async throws -> Void,
            onBody: @Sendable ([UInt8]) async throws -> Void)
    }

    let request: HTTPExchangeRequest
    let head: HTTPRequestHead
    let sink: Sink
    let limits: TransportLimits
    let channel: any Channel
    let peer: [Certificate]
    let usable: UsableFlag
    let continuation: CheckedContinuation<HTTPExchangeResponse, any Error>

    /// Runs exchanges one after the other until the stream ends or one leaves the connection unusable; every exchange
    /// that was accepted is answered, at least with an error.
    static func serve(
        _ exchanges: AsyncStream<Exchange>, finish: AsyncStream<Exchange>.Continuation, on parts: Parts
    ) async {
        // Errors of the channel reach the exchange that meets them; an idle connection may die silently.
        try? await parts.executeThenClose { inbound, outbound in
            var inbound = inbound.makeAsyncIterator()
            for await exchange in exchanges {
                guard await exchange.run(&inbound, outbound) else { break }
            }
        }
        finish.finish()
        for await exchange in exchanges { exchange.continuation.resume(throwing: TransportError.closed) }
    }

    /// Runs this exchange; returns whether the connection may carry another one.
    private func run(_ inbound: inout Inbound, _ outbound: Outbound) async -> Bool {
        let deadline = Deadline(channel)
        defer { deadline.disarm() }
        arm(deadline)
        do {
            let (response, keep) = try await transfer(&inbound, outbound, deadline)
            deadline.disarm()
            if !keep { giveUp() }
            continuation.resume(returning: response)
            return keep
        } catch {
            giveUp()
            let reason = deadline.passed.map { TransportError.timedOut($0) } ?? TransportError.translating(error)
            continuation.resume(throwing: reason)
            return false
        }
    }

    /// Closing takes a moment; the connection must not look open in that moment.
    private func giveUp() {
        usable.clear()
        channel.close(mode: .all, promise: nil)
    }

    private var isStreaming: Bool {
        if case .stream = sink { return true }
        if case .stream = request.body { return true }
        return false
    }

    private func arm(_ deadline: Deadline) {
        deadline.arm(isStreaming ? .idle : .exchange, isStreaming ? limits.idle : limits.exchange)
    }

    /// Writes and reads at the same time: a peer may refuse a long upload early, and then its answer counts.
    private func transfer(
        _ inbound: inout Inbound, _ outbound: Outbound, _ deadline: Deadline
    ) async throws -> (HTTPExchangeResponse, keep: Bool) {
        let written = WriteOutcome()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await write(to: outbound, deadline) { written.note(.ending) }
                    written.note(.done)
                } catch is WriteFailed {
                    // A broken pipe may hide an answer that is already here: the reader decides.
                } catch {
                    written.note(.failed(error))
                    channel.close(mode: .all, promise: nil)
                }
            }
            defer { group.cancelAll() }
            do {
                let (response, keep) = try await read(&inbound, deadline)
                // An answer can overtake the end of its own request by a thread switch; that is not an early answer.
                if written.isEnding { try await group.waitForAll() }
                return (response, keep && written.isDone)
            } catch {
                throw written.failure ?? error
            }
        }
    }
}

/// Whether a connection may carry another exchange.
final class UsableFlag: Sendable {
    private let value = Mutex(true)

    var isSet: Bool { value.withLock { $0 } }

    func clear() {
        value.withLock { $0 = false }
    }
}

/// How the writing half of an exchange ended.
private final class WriteOutcome: Sendable {
    enum Outcome {
        case ending
        case done
        case failed(any Error)
    }

    private let outcome = Mutex<Outcome?>(nil)

    func note(_ outcome: Outcome) {
        self.outcome.withLock { $0 = outcome }
    }

    var isEnding: Bool {
        outcome.withLock { if case .ending = $0 { true } else { false } }
    }

    var isDone: Bool {
        outcome.withLock { if case .done = $0 { true } else { false } }
    }

    /// The error of the body's source, not of the connection.
    var failure: (any Error)? {
        outcome.withLock { if case .failed(let error) = $0 { error } else { nil } }
    }
}
