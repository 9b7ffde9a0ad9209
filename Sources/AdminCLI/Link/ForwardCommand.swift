internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Synchronization
internal import Transport
internal import WebSockets
internal import Wire

extension DeviceCommand {
    struct Forward: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forward a local TCP port to a port that the device reaches.",
            discussion: """
                Connections to LOCAL on 127.0.0.1 are forwarded to HOST:PORT as seen from the device. Runs until it is
                interrupted. LOCAL 0 selects any free port. A program that closes its side of a connection still gets
                the answer; the connection ends when the device closes it or is silent for 30 s.
                The way is mender-connect where it runs, else a tunnel to hub-agent, which leads to ports of the device
                itself only; which one it is is said with the port.

                Examples:
                  hubctl device forward lamp-0001 8080:127.0.0.1:80
                  hubctl device forward lamp-0001 2222:localhost:22
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Argument(help: ArgumentHelp("Port here, host and port there.", valueName: "local:host:port")) var target:
            String

        func validate() throws {
            guard ForwardTarget(target) != nil else {
                throw ValidationError("write it like 8080:127.0.0.1:80; an IPv6 address in brackets")
            }
        }

        func work() async throws {
            guard let target = ForwardTarget(target) else { return }
            let json = connection.json
            let client = try connection.client()
            let way = try await DeviceWay.port(of: id, client)
            guard way == .menderConnect else { return try await tunnel(to: target) }
            let goal = "\(target.body.host):\(target.body.port) of \(id), over \(way.name)"
            try await client.withLink(id) { socket in
                let forwarding = Forwarding(to: target.body) { try await socket.send($0) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await forwarding.distribute(LinkMessages(socket)) }
                    group.addTask {
                        try await LocalListener.run(
                            host: "127.0.0.1", port: target.local,
                            onBound: { port in
                                Terminal.print(
                                    json
                                        ? "{\"host\":\"127.0.0.1\",\"port\":\(port)}"
                                        : "127.0.0.1:\(port) leads to \(goal)")
                            }
                        ) { connection in await forwarding.serve(connection) }
                    }
                    group.addTask {
                        let watch = SignalWatch([SIGTERM, SIGHUP, SIGINT])
                        for await _ in watch.signals { return }
                    }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        }
    }
}

extension DeviceCommand.Forward {
    /// Goes through a tunnel to the device's agent, which lends its own ports.
    private func tunnel(to target: ForwardTarget) async throws {
        guard TunnelCommand.Open.isLoopback(target.body.host) else {
            throw CommandFailure.failed(
                "\(target.body.host) is not the device itself; it needs mender-connect to reach other hosts from \(id)")
        }
        var open = try TunnelCommand.Open.parse([id, "\(target.body.port)", "--local", "\(target.local)"])
        open.connection = connection
        try await open.work()
    }
}

/// `LOCAL:HOST:PORT`.
struct ForwardTarget: Equatable {
    let local: Int
    let body: LinkBody.Target

    init?(_ text: String) {
        guard let first = text.firstIndex(of: ":"), let last = text.lastIndex(of: ":"), first != last,
            let local = UInt16(text[..<first]), let port = UInt16(text[text.index(after: last)...]), port > 0
        else { return nil }
        var host = text[text.index(after: first)..<last]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.local = Int(local)
        body = LinkBody.Target(host: String(host), port: port)
    }
}

/// Connections over one link to a device (docs/protocols/mender.md 13.4, protocol 3): each direction of each has one
/// message under way at most.
final class Forwarding: Sendable {
    private typealias Inbox = AsyncStream<LinkEnvelope>.Continuation

    private let target: LinkBody.Target
    private let patience: @Sendable () async throws -> Void
    private let toDevice: @Sendable (LinkEnvelope) async throws -> Void
    private let inboxes = Mutex<[String: Inbox]>([:])

    /// - Parameters:
    ///   - patience: returns when a device that has said nothing meanwhile is to be waited for no longer, once the
    ///     program here has ended its side: the protocol has no word for that, so a device that waits for the end of
    ///     what it is sent would wait forever.
    ///   - send: sends a message to the device.
    init(
        to target: LinkBody.Target,
        patience: @escaping @Sendable () async throws -> Void = { try await Task.sleep(for: .seconds(30)) },
        send: @escaping @Sendable (LinkEnvelope) async throws -> Void
    ) {
        self.target = target
        self.patience = patience
        toDevice = send
    }

    /// Hands the device's messages to their connections until the link ends.
    func distribute(_ messages: LinkMessages) async throws {
        var messages = messages
        while let message = try await messages.next() { take(message) }
        throw CommandFailure.failed("the device disconnected")
    }

    /// Hands a message of the device to its connection.
    func take(_ message: LinkEnvelope) {
        guard message.proto == .forward, let connection = message.text("connection_id") else { return }
        let inbox = inboxes.withLock { $0[connection] }
        // The device waits for each acknowledgement, so an honest device never has more than a few waiting messages.
        if case .dropped? = inbox?.yield(message) { inbox?.finish() }
    }

    /// Carries one connection until the device closes it, or the program here has ended its side and the device says
    /// nothing for a while.
    func serve(_ local: LocalConnection) async {
        let id = UUID().uuidString.lowercased()
        let (messages, inbox) = AsyncStream.makeStream(of: LinkEnvelope.self, bufferingPolicy: .bufferingOldest(16))
        inboxes.withLock { $0[id] = inbox }
        defer { inboxes.withLock { $0[id] = nil } }
        do {
            try await send("new", id, target.encoded())
            guard try await isAccepted(messages) else { return }
            await carry(local, id, messages)
            try await send("stop", id)
        } catch {
            // The link is over, and with it the command.
        }
    }

    private func isAccepted(_ messages: AsyncStream<LinkEnvelope>) async throws -> Bool {
        for await message in messages {
            switch message.type {
            case "new": return true
            case "error":
                Terminal.complain(LinkMessages.failure(message).line)
                return false
            case "stop": return false
            default: continue
            }
        }
        return false
    }

    private func carry(_ local: LocalConnection, _ id: String, _ messages: AsyncStream<LinkEnvelope>) async {
        let (acknowledged, acknowledge) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(4))
        let (heard, hear) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                try await upload(local, id, acknowledged)
                // The program has no more to send; what it asked for may still be on its way.
                await silence(of: heard)
            }
            group.addTask { [self] in
                for await message in messages {
                    hear.yield()
                    switch message.type {
                    case "forward":
                        try await local.write(message.body)
                        try await send("ack", id)
                    case "ack": acknowledge.yield()
                    case "stop", "error": return
                    default: break
                    }
                }
            }
            defer { group.cancelAll() }
            // A program that went away ends its connection, not the link.
            try? await group.next()
        }
    }

    /// Sends what the program here sends, until it ends its side.
    private func upload(_ local: LocalConnection, _ id: String, _ acknowledged: AsyncStream<Void>) async throws {
        try await local.receive { bytes in
            for start in stride(from: 0, to: bytes.count, by: LinkEnvelope.chunk) {
                try await send("forward", id, Array(bytes[start..<min(start + LinkEnvelope.chunk, bytes.count)]))
                guard await acknowledged.first() else { throw CancellationError() }
            }
        }
    }

    /// Returns when the device has said nothing for as long as the patience lasts.
    private func silence(of heard: AsyncStream<Void>) async {
        var isHeard = true
        while isHeard {
            isHeard = await withTaskGroup(of: Bool.self) { [patience] group in
                group.addTask { await heard.first() }
                group.addTask {
                    try? await patience()
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
        }
    }

    private func send(_ type: String, _ connection: String, _ body: [UInt8] = []) async throws {
        var message = LinkEnvelope(.forward, type, body: body)
        message.set("connection_id", connection)
        try await toDevice(message)
    }
}

extension AsyncStream where Element == Void {
    /// Waits for the next element; `false` when none comes any more.
    fileprivate func first() async -> Bool {
        for await _ in self { return true }
        return false
    }
}
