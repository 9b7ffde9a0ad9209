import HTTPTypes
import Hummingbird
import NIOCore
import NIOEmbedded
import Synchronization

@testable import HubHTTP

/// One connection of a listener without socket or TLS, on a loop whose clock the test moves. What its requests would
/// start is kept instead.
final class HTTPRig {
    /// Stands for the socket: counts how often the connection asks for more, and can close one side, which the embedded
    /// channel can't.
    private final class Socket: ChannelOutboundHandler {
        typealias OutboundIn = IOData
        var reads = 0
        var isOutputClosed = false
        var takes = true { didSet { if takes { passOn() } } }
        private var kept: [(NIOAny, EventLoopPromise<Void>?)] = []
        private var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }
        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if takes { context.write(data, promise: promise) } else { kept.append((data, promise)) }
        }

        private func passOn() {
            let leaving = kept
            kept = []
            for (data, promise) in leaving { context?.write(data, promise: promise) }
            context?.flush()
        }

        func read(context: ChannelHandlerContext) {
            reads += 1
            context.read()
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            guard mode == .output else { return context.close(mode: mode, promise: promise) }
            isOutputClosed = true
            promise?.succeed()
        }
    }

    private final class Started {
        var jobs: [RequestJob] = []
    }

    let channel = EmbeddedChannel()
    private let socket = Socket()
    private let started = Started()

    init(_ change: (inout ServerLimits) -> Void = { _ in }) throws {
        var limits = ServerLimits()
        change(&limits)
        let started = NIOLoopBound(started, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(socket)
        try ConnectionSetup(tls: nil, limits: limits) { started.value.jobs.append($0) }.begin(channel)
        try channel.connect(to: try SocketAddress(unixDomainSocketPath: "/peer")).wait()
    }

    /// Requests whose route was started, in order.
    var jobs: [RequestJob] { started.jobs }
    /// How often the connection asked the kernel for more.
    var reads: Int { socket.reads }
    var isOpen: Bool { channel.isActive }
    /// Whether the connection said that nothing more will come from it.
    var isOutputClosed: Bool { socket.isOutputClosed }
    var heldBytes: Int { (try? channel.pipeline.syncOperations.handler(type: RequestGate.self).heldBytes) ?? 0 }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        guard channel.isActive else { return }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
    }

    func endInput() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channel.embeddedEventLoop.run()
    }

    func advance(_ time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
    }

    /// Answers a request as its route would.
    func answer(_ job: RequestJob, _ text: String = "ok", status: HTTPResponse.Status = .ok) {
        var part = AnswerPart(head: HTTPResponse(status: status, headerFields: [.contentLength: "\(text.utf8.count)"]))
        part.content = ByteBuffer(string: text)
        part.isLast = true
        job.sink.end(part)
        channel.embeddedEventLoop.run()
    }

    /// The long body of the request that a route has.
    func body() throws -> BodyPipe {
        let handler = try channel.pipeline.syncOperations.handler(type: RequestHandler.self)
        guard case .answering(let exchange) = handler.stage, let body = exchange.body else { throw ChannelError.eof }
        return body
    }

    /// Whether the peer takes what is sent to it.
    var takesAnswers: Bool {
        get { socket.takes }
        set {
            socket.takes = newValue
            channel.embeddedEventLoop.run()
        }
    }

    /// All that was sent to the peer since the last call.
    func output() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let buffer) = part { text += String(buffer: buffer) }
        }
        return text
    }
}

extension RequestJob {
    /// What is in the body.
    func content() async throws -> String {
        String(buffer: try await request.body.collect(upTo: 1 << 20))
    }
}

extension BodyPipe {
    /// Reads the next part as its route would; the result is kept.
    func readNext() -> KeptResult {
        let kept = KeptResult()
        next { kept.keep($0) }
        return kept
    }
}

/// What a reader got, if it got anything.
final class KeptResult: Sendable {
    private let result = Mutex<Result<ByteBuffer?, any Error>?>(nil)

    func keep(_ result: Result<ByteBuffer?, any Error>) {
        self.result.withLock { $0 = result }
    }

    /// The part; throws what the reader got instead.
    func get() throws -> String? {
        try result.withLock { $0 }?.get().map { String(buffer: $0) }
    }
}
