internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import WebSockets

/// A route's decision that its connection becomes a WebSocket; carried out when its answer of 101 leaves.
final class PendingUpgrade: Sendable {
    struct Plan {
        let subprotocol: String?
        let limits: WebSocketLimits
        let made: EventLoopPromise<WebSocket>
    }

    /// The loop of the connection.
    let loop: any EventLoop
    private let plan = Mutex<Plan?>(nil)

    init(loop: any EventLoop) {
        self.loop = loop
    }

    /// Replaces a plan that came to nothing, because something behind the route answered otherwise.
    func set(_ plan: Plan) {
        let previous = self.plan.withLock { kept in
            defer { kept = plan }
            return kept
        }
        previous?.made.fail(WebSocketError.closed)
    }

    func take() -> Plan? {
        plan.withLock { $0.take() }
    }
}

/// Stands behind the HTTP decoder of each connection and lets a route take the connection over.
///
/// The HTTP handlers stay where they are, but get nothing any more: the WebSocket's come before them and keep all
/// frames. What the HTTP side still writes ends here. So the connection stays the same channel: its end is seen, and
/// its peer's certificate is watched, as before.
final class UpgradeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let pending: PendingUpgrade
    private var isUpgraded = false

    init(_ pending: PendingUpgrade) {
        self.pending = pending
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isUpgraded {
            promise?.succeed()
            return
        }
        if case .head(let head) = unwrapOutboundIn(data), head.status == .switchingProtocols {
            return upgrade(context, data, promise)
        }
        context.write(data, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        pending.take()?.made.fail(WebSocketError.lost)
    }

    private func upgrade(_ context: ChannelHandlerContext, _ head: NIOAny, _ promise: EventLoopPromise<Void>?) {
        guard let plan = pending.take() else {
            promise?.fail(WebSocketError.closed)
            return context.close(promise: nil)
        }
        context.writeAndFlush(head, promise: promise)
        isUpgraded = true
        do {
            let encoder = try context.pipeline.syncOperations.handler(type: HTTPResponseEncoder.self)
            plan.made.succeed(
                try WebSocket.install(
                    on: context.channel, isServer: true, subprotocol: plan.subprotocol, limits: plan.limits,
                    position: .before(encoder)))
        } catch {
            plan.made.fail(error)
            context.close(promise: nil)
        }
    }
}
