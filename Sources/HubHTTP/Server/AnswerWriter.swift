internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Where the answer of one request goes: its connection, as long as that one waits for it.
struct AnswerSink: Sendable {
    let handler: NIOLoopBound<RequestHandler>
    let loop: any EventLoop
    /// Number of the request on its connection.
    let number: UInt64

    /// Sends a part and waits until the connection can take more.
    func send(_ part: AnswerPart) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            loop.execute { handler.value.write(part, of: number) { continuation.resume(with: $0) } }
        }
    }

    /// Sends the last part; nobody waits for it.
    func end(_ part: AnswerPart) {
        loop.execute { handler.value.write(part, of: number) { _ in } }
    }

    /// Ends the connection because the answer can't be completed.
    func breakOff() {
        loop.execute { handler.value.breakOff(number) }
    }
}

struct AnswerPart: Sendable {
    /// Comes with the first one.
    var head: HTTPResponse?
    var content: ByteBuffer?
    var trailers: HTTPFields?
    /// Whether it is the last.
    var isLast = false
}

/// Writes the body of an answer. Head and content leave together when the content is one piece.
struct AnswerWriter: ResponseBodyWriter {
    private let sink: AnswerSink
    private let length: Int?
    private var part: AnswerPart

    /// - Parameter length: of the body; `nil` when its end is not known, then the head leaves at once.
    init(sink: AnswerSink, head: HTTPResponse, length: Int?) {
        self.sink = sink
        self.length = length
        part = AnswerPart(head: head)
    }

    /// Sends head and body.
    consuming func send(_ body: consuming ResponseBody) async throws {
        if length == nil { try await flush() }
        try await body.write(self)
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        if part.content != nil { try await flush() }
        part.content = buffer
        if buffer.readableBytes != length { try await flush() }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        part.trailers = trailingHeaders
        part.isLast = true
        sink.end(part)
    }

    private mutating func flush() async throws {
        let leaving = part
        part = AnswerPart()
        try await sink.send(leaving)
    }
}
