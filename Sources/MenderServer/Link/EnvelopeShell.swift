internal import Encoding
internal import Presence
internal import WebSockets
internal import Wire

/// A shell, and files, for an operator who speaks the messages of docs/protocols/mender.md 13, on a device whose link
/// speaks another protocol: so one command serves both.
struct EnvelopeShell {
    private let socket: WebSocket
    private let session: LinkSession

    init(_ socket: WebSocket, _ session: LinkSession) {
        (self.socket, self.session) = (socket, session)
    }

    /// Relays until either end goes: files for the device, until the operator wants a shell. Ports it has none of.
    func relay(to link: any DeviceLink) async {
        var messages = socket.messages.makeAsyncIterator()
        do {
            while let envelope = try await Self.next(&messages), !session.isRevoked {
                switch (envelope.proto, envelope.type) {
                case (.shell, _): break
                case (.control, _): continue
                case (.files, "put_file"):
                    try await EnvelopeFiles(socket, session).put(envelope, to: link) { try await Self.next(&messages) }
                    continue
                default:
                    return await session.end(
                        "the device's link offers a shell, and takes files; for anything else use a tunnel")
                }
                guard envelope.type == "new" else { continue }
                try await serve(envelope, link, &messages)
                return
            }
        } catch let error as LinkError {
            await session.end(error.message)
        } catch is OperatorLeft {
            // Half a file stays behind, which has no end for the device.
        } catch is WebSocketError {
            // The operator is gone.
        } catch {
            await session.end("the hub can't record the session")
        }
    }

    private func serve(
        _ first: LinkEnvelope, _ link: any DeviceLink, _ messages: inout WebSocketMessages.Iterator
    ) async throws {
        let (columns, rows) = Self.size(first)
        let stream = try await link.open(.shell(columns: columns, rows: rows), by: session.user)
        do {
            try await send("new")
            async let output: Void = show(stream)
            async let files: Void = hand(first.number("files") == 1 ? stream : nil)
            try await type(&messages, into: stream)
            await stream.finish()
            try await output
            try await files
        } catch {
            await stream.finish()
            throw error
        }
    }

    /// What the device writes, until its shell ends.
    private func show(_ stream: any LinkStream) async throws {
        while let bytes = try await stream.next() {
            for start in stride(from: 0, to: bytes.count, by: LinkEnvelope.chunk) {
                let part = Array(bytes[start..<min(start + LinkEnvelope.chunk, bytes.count)])
                try await socket.send(.binary(LinkEnvelope(.shell, "shell", session: session.id, body: part).encoded()))
            }
        }
        // Ends the reading side as well.
        await session.end("device disconnected")
    }

    /// What the device sends by itself, for an operator who takes files.
    private func hand(_ stream: (any LinkStream)?) async throws {
        let files = EnvelopeFiles(socket, session)
        while let file = try await stream?.nextFile() { try await files.hand(file) }
    }

    private func type(_ messages: inout WebSocketMessages.Iterator, into stream: any LinkStream) async throws {
        while let envelope = try await Self.next(&messages), !session.isRevoked {
            guard envelope.proto == .shell else { continue }
            switch envelope.type {
            case "shell": try await stream.send(envelope.body)
            case "resize":
                let (columns, rows) = Self.size(envelope)
                try await stream.resize(columns: columns, rows: rows)
            case "stop": return
            default: break
            }
        }
    }

    private func send(_ type: String) async throws {
        try await socket.send(.binary(LinkEnvelope(.shell, type, session: session.id).encoded()))
    }

    private static func size(_ envelope: LinkEnvelope) -> (columns: Int, rows: Int) {
        (
            Int(clamping: envelope.number("terminal_width") ?? 80),
            Int(clamping: envelope.number("terminal_height") ?? 24)
        )
    }

    /// The next message of the operator; `nil` when there is none, or it is none.
    private static func next(_ messages: inout WebSocketMessages.Iterator) async throws -> LinkEnvelope? {
        guard case .binary(let bytes)? = try await messages.next() else { return nil }
        return try? LinkEnvelope(parsing: bytes)
    }
}
