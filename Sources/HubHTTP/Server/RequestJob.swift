internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// One request on its way through its route, in a task of its listener.
struct RequestJob: Sendable {
    let request: Request
    let connection: Connection
    let channel: any Channel
    let sink: AnswerSink

    /// Runs the route and sends its answer.
    func run(_ responder: some HTTPResponder<HubContext>, dates: DateHeader, logger: Logger) async {
        await withTaskCancellationHandler {
            await Connection.$current.withValue(connection) { await serve(responder, dates, logger) }
        } onCancel: {
            // Wherever the route waits for its peer, it does so no more.
            channel.close(promise: nil)
        }
    }

    private func serve(_ responder: some HTTPResponder<HubContext>, _ dates: DateHeader, _ logger: Logger) async {
        var response = await answer(responder, logger)
        response.headers[.date] = dates.text
        do {
            try await send(response)
        } catch {
            // The peer is gone, or the route can't complete its answer: the connection ends, so that nobody takes a
            // part for the whole.
            sink.breakOff()
        }
    }

    private func answer(_ responder: some HTTPResponder<HubContext>, _ logger: Logger) async -> Response {
        let context = HubContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        do {
            return try await responder.respond(to: request, context: context)
        } catch {
            return Response(status: .internalServerError)
        }
    }

    private func send(_ response: consuming Response) async throws {
        let hasNoContent = request.method == .head
        let writer = AnswerWriter(sink: sink, head: response.head, length: response.body.contentLength)
        guard hasNoContent else { return try await writer.send(response.body) }
        try await writer.finish(nil)
        // The content is not sent, but its producer must release what it holds.
        let body = response.body
        await withDiscardingTaskGroup { group in
            group.cancelAll()
            group.addTask { try? await body.write(DiscardedContent()) }
        }
    }
}

/// Takes no content: the answer to a HEAD request has none (RFC 9110 section 9.3.2).
private struct DiscardedContent: ResponseBodyWriter {
    func write(_ buffer: ByteBuffer) async throws { throw CancellationError() }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// Answers HEAD as GET would be; the content is left out where it would be sent (RFC 9110 section 9.3.2).
struct HeadAsGet<Wrapped: HTTPResponder>: HTTPResponder where Wrapped.Context == HubContext {
    let wrapped: Wrapped

    func respond(to request: Request, context: HubContext) async throws -> Response {
        guard request.method == .head else { return try await wrapped.respond(to: request, context: context) }
        var head = request.head
        head.method = .get
        // Nobody upgrades by HEAD.
        head.headerFields[.upgrade] = nil
        return try await wrapped.respond(to: Request(head: head, body: request.body), context: context)
    }
}
