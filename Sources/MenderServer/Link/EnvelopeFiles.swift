internal import Presence
internal import WebSockets
internal import Wire

/// Files for an operator who speaks the messages of docs/protocols/mender.md 13.4, on a device whose link speaks
/// another protocol.
struct EnvelopeFiles {
    /// Chunks after which the operator hears how far it is; the operator sends 20 ahead.
    private static let acknowledgedEvery: Int64 = 10

    private let socket: WebSocket
    private let session: LinkSession

    init(_ socket: WebSocket, _ session: LinkSession) {
        (self.socket, self.session) = (socket, session)
    }

    /// Takes a file of the operator to the device. All of it is acknowledged only when the device was sent all of it.
    ///
    /// - Parameters:
    ///   - first: `put_file`.
    ///   - next: the operator's next message; `nil` when there is none.
    /// - Throws: ``LinkError``, ``OperatorLeft``; what the audit trail throws.
    func put(_ first: LinkEnvelope, to link: any DeviceLink, _ next: () async throws -> LinkEnvelope?) async throws {
        guard let body = try? LinkBody.File(parsing: first.body) else {
            throw LinkError.badMessage("put_file does not say which file")
        }
        let files = try link.files(by: session.user)
        var (received, last, acknowledged): (Int64, Int64, Int64) = (0, 0, -1)
        do {
            try await files.write(RemoteFile(path: body.path, size: body.size, mode: body.mode)) {
                // The last chunk may still be on its way.
                let sent = received - last
                if acknowledged < 0 || sent - acknowledged >= Self.acknowledgedEvery * Int64(LinkEnvelope.chunk) {
                    try await acknowledge(sent)
                    acknowledged = sent
                }
                guard let chunk = try await chunk(at: received, next), !chunk.isEmpty else { return nil }
                last = Int64(chunk.count)
                received += last
                return chunk
            }
            try await acknowledge(received)
        } catch {
            await files.finish()
            throw error
        }
        await files.finish()
    }

    /// Hands a file on that the device sent by itself: its name and size, its content, and an empty chunk as its end.
    func hand(_ file: SentFile) async throws {
        switch file {
        case .lost(let name, let reason):
            try await send("error", LinkBody.Failure("\(name): \(reason)").encoded())
        case .whole(let name, let bytes):
            try await send("file_info", LinkBody.File(path: name, size: Int64(bytes.count)).encoded())
            for start in stride(from: 0, to: bytes.count, by: LinkEnvelope.chunk) {
                let part = Array(bytes[start..<min(start + LinkEnvelope.chunk, bytes.count)])
                try await send("file_chunk", part, offset: Int64(start))
            }
            try await send("file_chunk", [], offset: Int64(bytes.count))
        }
    }

    private func chunk(at offset: Int64, _ next: () async throws -> LinkEnvelope?) async throws -> [UInt8]? {
        while true {
            guard let envelope = try await next(), !session.isRevoked else { throw OperatorLeft() }
            guard envelope.proto == .files else { continue }
            guard envelope.type == "file_chunk", envelope.number("offset") ?? offset == offset else {
                throw LinkError.badMessage("the next chunk of the file was expected")
            }
            return envelope.body
        }
    }

    private func acknowledge(_ offset: Int64) async throws { try await send("ack", [], offset: offset) }

    private func send(_ type: String, _ body: [UInt8], offset: Int64? = nil) async throws {
        var envelope = LinkEnvelope(.files, type, session: session.id, body: body)
        if let offset { envelope.set("offset", offset) }
        try await socket.send(.binary(envelope.encoded()))
    }
}

/// The operator went in the middle of something.
struct OperatorLeft: Error {}
