internal import Wire

/// A file's way over the device link, in the hub's hands (spec/mender.md 13.4).
struct LinkTransfer {
    /// Chunks that may be on their way unacknowledged.
    private static let window = 20
    /// Chunks after which the receiver acknowledges.
    private static let acknowledgedEvery: Int64 = 10
    /// Bits of a mode that say what kind of file it is, in the device's own language: folder, link, device, pipe, socket.
    private static let kindBits: Int64 = 0x8F28_0000

    let mailbox: LinkMailbox

    /// What is known of a file.
    ///
    /// - Throws: 400 when it is no plain file, and what ``LinkMailbox/next()`` throws.
    func info(_ path: String) async throws -> LinkBody.File {
        try await mailbox.send(LinkEnvelope(.files, "stat", body: LinkBody.Path(path).encoded()))
        let answer = try await mailbox.next()
        guard answer.type == "file_info", let file = try? LinkBody.File(parsing: answer.body) else {
            throw Self.misunderstood
        }
        guard file.mode.map({ $0 & Self.kindBits == 0 }) ?? true else {
            throw MenderError.badRequest("path is no regular file")
        }
        return file
    }

    /// Asks for a file; returns its first chunk, so that a refusal is known before anything is answered.
    func begin(_ path: String) async throws -> [UInt8] {
        try await mailbox.send(LinkEnvelope(.files, "get_file", body: LinkBody.Path(path).encoded()))
        return try await chunk(at: 0)
    }

    /// Takes the rest of a file, acknowledging as it goes; an empty chunk is the end.
    func receive(first: [UInt8], _ take: ([UInt8]) async throws -> Void) async throws {
        var chunk = first
        var received: Int64 = 0
        var count: Int64 = 0
        while !chunk.isEmpty {
            try await take(chunk)
            received += Int64(chunk.count)
            count += 1
            if count.isMultiple(of: Self.acknowledgedEvery) { try await acknowledge(received) }
            chunk = try await self.chunk(at: received)
        }
        try await acknowledge(received)
    }

    /// Sends a file; returns when the device has all of it.
    ///
    /// - Parameter next: the next bytes of the content, any number; `nil` at the end.
    func send(_ file: LinkBody.File, _ next: () async throws -> [UInt8]?) async throws {
        try await mailbox.send(LinkEnvelope(.files, "put_file", body: file.encoded()))
        var acknowledged = try await acknowledgement()
        var sent: Int64 = 0
        while let content = try await next() {
            for start in stride(from: 0, to: content.count, by: LinkEnvelope.chunk) {
                let part = Array(content[start..<min(start + LinkEnvelope.chunk, content.count)])
                while sent - acknowledged >= Int64(Self.window * LinkEnvelope.chunk) {
                    acknowledged = try await acknowledgement()
                }
                try await put(part, at: sent)
                sent += Int64(part.count)
            }
        }
        try await put([], at: sent)
        while acknowledged < sent { acknowledged = try await acknowledgement() }
    }

    private func put(_ content: [UInt8], at offset: Int64) async throws {
        var chunk = LinkEnvelope(.files, "file_chunk", body: content)
        chunk.set("offset", offset)
        try await mailbox.send(chunk)
    }

    private func acknowledge(_ received: Int64) async throws {
        var ack = LinkEnvelope(.files, "ack")
        ack.set("offset", received)
        try await mailbox.send(ack)
    }

    private func chunk(at offset: Int64) async throws -> [UInt8] {
        let answer = try await mailbox.next()
        guard answer.type == "file_chunk", answer.number("offset") ?? offset == offset else { throw Self.misunderstood }
        return answer.body
    }

    private func acknowledgement() async throws -> Int64 {
        let answer = try await mailbox.next()
        guard answer.type == "ack", let offset = answer.number("offset"), offset >= 0 else { throw Self.misunderstood }
        return offset
    }

    private static var misunderstood: MenderError { .badGateway("the device answered out of turn") }
}
