package import NIOCore
internal import NIOWebSocket
internal import Synchronization

/// One WebSocket (RFC 6455), the same on both ends: one task reads ``messages``, any number of tasks send.
///
/// Pings of the peer are answered and own ones sent by themselves. A reader that takes messages too slowly slows
/// the peer down, and the other way round: nothing piles up.
package final class WebSocket: Sendable {
    /// What the peer says, in order; ends with a proper close, throws ``WebSocketError`` when the connection ended
    /// otherwise. May be gone through once.
    package let messages: WebSocketMessages
    /// Which of the offered protocols was chosen; `nil` when none was.
    package let subprotocol: String?
    private let channel: any Channel
    private let handler: NIOLoopBound<WebSocketHandler>
    private let ending: EndRecord

    init(
        channel: any Channel, handler: NIOLoopBound<WebSocketHandler>, messages: WebSocketMessages, ending: EndRecord,
        subprotocol: String?
    ) {
        self.channel = channel
        self.handler = handler
        self.messages = messages
        self.ending = ending
        self.subprotocol = subprotocol
    }

    /// Sends a message; returns when it has left this process, so that a slow peer slows the sender.
    ///
    /// - Throws: ``WebSocketError``.
    package func send(_ message: WebSocketMessage) async throws {
        let sent = channel.eventLoop.makePromise(of: Void.self)
        channel.eventLoop.execute { [handler] in handler.value.send(message, sent) }
        try await sent.futureResult.get()
    }

    /// Sends a message without waiting for it.
    ///
    /// - Parameter left: called on the connection's event loop when it has left this process, or never will.
    package func post(_ message: WebSocketMessage, left: @escaping @Sendable () -> Void) {
        let sent = channel.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in left() }
        channel.eventLoop.execute { [handler] in handler.value.send(message, sent) }
    }

    /// Says goodbye. The messages end at once, the connection when the peer answers or after
    /// ``WebSocketLimits/closing``.
    ///
    /// - Parameter reason: for the peer, at most 123 bytes; longer ones are cut.
    package func close(_ code: WebSocketCloseCode = .normal, reason: String = "") {
        channel.eventLoop.execute { [handler] in handler.value.close(code, reason: reason) }
    }

    /// Returns when the connection is gone.
    package func closed() async {
        try? await channel.closeFuture.get()
    }

    /// The code of the close, from whichever side came first; `nil` while open or when the connection broke.
    package var closeCode: WebSocketCloseCode? { ending.code }

    /// Whether messages may still come and go.
    package var isOpen: Bool { !ending.hasEnded && channel.isActive }
}

extension WebSocket {
    /// Turns a channel whose opening handshake is done into a WebSocket. On its event loop.
    ///
    /// - Parameters:
    ///   - isServer: whether this end took the connection.
    ///   - position: where in the pipeline its handlers go, behind TLS and before whatever shall not see frames.
    package static func install(
        on channel: any Channel, isServer: Bool, subprotocol: String?, limits: WebSocketLimits,
        position: ChannelPipeline.SynchronousOperations.Position = .last
    ) throws -> WebSocket {
        let ending = EndRecord()
        let handler = WebSocketHandler(role: isServer ? .server : .client, limits: limits, ending: ending)
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        let made = MessageSequence.makeSequence(
            backPressureStrategy: .init(
                lowWatermark: limits.waitingMessages / 2, highWatermark: limits.waitingMessages),
            finishOnDeinit: true, delegate: ReadingGate(loop: channel.eventLoop, handler: bound))
        handler.connect(made.source)
        try channel.pipeline.syncOperations.addHandlers(
            [
                WebSocketFrameEncoder(),
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.messageBytes)), handler,
            ], position: position)
        return WebSocket(
            channel: channel, handler: bound, messages: WebSocketMessages(sequence: made.sequence), ending: ending,
            subprotocol: subprotocol)
    }
}

/// The messages of one WebSocket.
package struct WebSocketMessages: AsyncSequence, Sendable {
    let sequence: MessageSequence

    /// Goes through them; once only.
    package func makeAsyncIterator() -> Iterator {
        Iterator(iterator: sequence.makeAsyncIterator())
    }

    /// Takes one message after the other.
    package struct Iterator: AsyncIteratorProtocol {
        var iterator: MessageSequence.AsyncIterator

        /// The next message; `nil` after a proper close.
        package mutating func next() async throws -> WebSocketMessage? {
            try await iterator.next()
        }
    }
}

typealias MessageSequence = NIOThrowingAsyncSequenceProducer<
    WebSocketMessage, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, ReadingGate
>

/// Tells the handler, on its loop, that the reader wants more.
struct ReadingGate: NIOAsyncSequenceProducerDelegate {
    let loop: any EventLoop
    let handler: NIOLoopBound<WebSocketHandler>

    func produceMore() {
        loop.execute { [handler] in handler.value.resumeReading() }
    }

    /// Nobody reads any more: what still comes is dropped, so that a close can be seen.
    func didTerminate() {
        loop.execute { [handler] in handler.value.resumeReading() }
    }
}

/// How a WebSocket ended; written on its event loop, read by anybody.
final class EndRecord: Sendable {
    private struct State {
        var code: WebSocketCloseCode?
        var failure: WebSocketError?
    }

    private let state = Mutex(State())

    var code: WebSocketCloseCode? { state.withLock(\.code) }
    var failure: WebSocketError? { state.withLock(\.failure) }
    var hasEnded: Bool { state.withLock { $0.code != nil || $0.failure != nil } }

    func note(_ code: WebSocketCloseCode) {
        state.withLock { $0.code = $0.code ?? code }
    }

    func note(_ failure: WebSocketError) {
        state.withLock { $0.failure = $0.failure ?? failure }
    }
}
