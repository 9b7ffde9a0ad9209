internal import HTTPTypes
package import Hummingbird
internal import NIOCore
package import WebSockets

/// Turns a request into a WebSocket, from within an ordinary route: what the route or a middleware refuses is answered
/// as always, with status and JSON; only then the connection changes hands.
///
/// ```
/// group.get("devices/:id/link") { request, context in
///     try await check(context.peer)
///     return try WebSocketUpgrade.response(to: request) { socket in
///         for try await message in socket.messages { try await socket.send(message) }
///     }
/// }
/// ```
package enum WebSocketUpgrade {
    /// The answer that makes the connection a WebSocket.
    ///
    /// - Parameters:
    ///   - subprotocols: those spoken here; the first offered one of them is chosen, none when none is offered.
    ///   - run: serves the WebSocket in the connection's own task, which is cancelled with the listener. The WebSocket
    ///     is closed when it returns: with 1000, or with 1011 when it throws.
    /// - Throws: ``HTTPRefusal`` for a request that is not an opening handshake.
    package static func response(
        to request: Request, subprotocols: [String] = [],
        limits: WebSocketLimits = WebSocketLimits(), run: @escaping @Sendable (WebSocket) async throws -> Void
    ) throws -> Response {
        let key = try check(request)
        guard let pending = Connection.current?.upgrade else { throw HTTPRefusal.notWebSocket }
        let offered = values(request, .secWebSocketProtocol)
        let chosen = offered.first(where: subprotocols.contains)
        let made = pending.loop.makePromise(of: WebSocket.self)
        pending.set(.init(subprotocol: chosen, limits: limits, made: made))
        var headers: HTTPFields = [
            .upgrade: "websocket", .connection: "Upgrade", .secWebSocketAccept: OpeningHandshake.accept(key),
        ]
        headers[.secWebSocketProtocol] = chosen
        return Response(
            status: .switchingProtocols, headers: headers,
            body: ResponseBody { writer in
                await serve(try await made.futureResult.get(), run)
                try await writer.finish(nil)
            })
    }

    private static func serve(_ socket: WebSocket, _ run: @Sendable (WebSocket) async throws -> Void) async {
        do {
            try await run(socket)
            socket.close(.normal)
        } catch {
            // A caller that wants its errors in the log catches them: most are peers that go away.
            socket.close(.fault)
        }
        await socket.closed()
    }

    /// The key of an opening handshake (RFC 6455, 4.2.1).
    private static func check(_ request: Request) throws(HTTPRefusal) -> String {
        guard request.method == .get,
            values(request, .upgrade).contains(where: { $0.lowercased() == "websocket" }),
            values(request, .connection).contains(where: { $0.lowercased() == "upgrade" })
        else { throw .notWebSocket }
        guard values(request, .secWebSocketVersion) == [OpeningHandshake.version] else { throw .webSocketVersion }
        let keys = request.headers[values: .secWebSocketKey]
        guard keys.count == 1, OpeningHandshake.isKey(keys[0]) else { throw .notWebSocket }
        // Whatever the right comes from: no page of another site has business with a WebSocket of the hub.
        let origins = request.headers[values: .origin]
        guard origins.allSatisfy({ OriginRule.isSame($0, request.head.authority) }) else { throw .foreignOrigin }
        return keys[0]
    }

    /// The elements of a comma-separated list over all fields of that name.
    private static func values(_ request: Request, _ name: HTTPField.Name) -> [String] {
        request.headers[values: name].flatMap { $0.split(separator: ",") }
            .map { String($0.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()) }
    }
}
