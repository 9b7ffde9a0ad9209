import HTTPTypes
import HubHTTP
import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization
import WebSockets

/// A listener whose only route echoes, and what its WebSockets came to.
struct EchoHub: Sendable {
    let port: Int
    let log: Log
    private let services: ServiceGroup

    /// Asks the listener to stop, as a signal does.
    func shutdown() async {
        await services.triggerGracefulShutdown()
    }

    /// How each WebSocket ended.
    final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        private let port = Mutex<Int?>(nil)

        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }

        func bound(_ address: ListenAddress) {
            if case .tcp(_, let number) = address { port.withLock { $0 = number } }
        }

        func waitForPort() async throws -> Int {
            while true {
                if let port = port.withLock({ $0 }) { return port }
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        func waitForLines(_ count: Int = 1) async throws -> [String] {
            while all.count < count { try await Task.sleep(for: .milliseconds(5)) }
            return all
        }
    }

    private struct Denied: RouteError {
        var status: HTTPResponse.Status { .unauthorized }
        var code: String { "denied" }
        var message: String { "who are you?" }
    }

    /// Runs `body` while the hub runs.
    static func run(
        limits: WebSocketLimits = WebSocketLimits(messageBytes: 4096, fragments: 8, closing: .milliseconds(500)),
        serve: (@Sendable (WebSocket) async throws -> Void)? = nil,
        body: @Sendable (EchoHub) async throws -> Void
    ) async throws {
        let log = Log()
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        router.get("plain") { _, _ in "plain\n" }
        router.get("echo") { request, _ in
            guard request.headers[.authorization] == "Bearer right" else { throw Denied() }
            return try WebSocketUpgrade.response(to: request, subprotocols: ["echo"], limits: limits) { socket in
                do {
                    if let serve { return try await serve(socket) }
                    for try await message in socket.messages { try await socket.send(message) }
                    log.add("closed \(socket.closeCode?.rawValue ?? 0)")
                } catch {
                    log.add("\(error)")
                    throw error
                }
            }
        }
        let listener = Listener(
            .tcp(host: "127.0.0.1", port: 0), tls: nil, responder: router.buildResponder(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onBound: log.bound)
        let services = ServiceGroup(
            services: [listener], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            let hub = EchoHub(port: try await log.waitForPort(), log: log, services: services)
            try await body(hub)
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }
}
