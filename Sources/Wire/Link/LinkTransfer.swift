/// One session's messages of the file protocol: what ``LinkTransfer`` sends and waits for.
package protocol LinkChannel {
    /// Sends a message; returns when it has left.
    mutating func send(_ envelope: LinkEnvelope) async throws
    /// The next message of the file protocol, waited for as long as the channel has patience. A device's `error` is
    /// thrown.
    mutating func next() async throws -> LinkEnvelope
}

/// Why a transfer did not happen, for reasons that lie in the messages.
package enum LinkTransferError: Error, Equatable, Sendable {
    /// The path is a folder, a device, a pipe.
    case notAFile
    /// The device answered something that does not belong here.
    case outOfTurn
}

/// A file's way over the device link (docs/protocols/mender.md 13.4), for both that move it: the hub for its HTTP API,
/// `hubctl` for an operator.
package struct LinkTransfer<Channel: LinkChannel> {
    /// Bytes that may be on their way unacknowledged: 20 chunks.
    private static var window: Int64 { 20 * Int64(LinkEnvelope.chunk) }
    /// Chunks after which the receiver acknowledges.
    private static var acknowledgedEvery: Int64 { 10 }
    /// Bits of a mode that say what kind of file it is, in the devices' own language: folder, link, device, pipe,
    /// socket.
    private static var kindBits: Int64 { 0x8F28_0000 }

    /// Where the messages go.
    package private(set) var channel: Channel

    /// A transfer over a session.
    package init(_ channel: Channel) {
        self.channel = channel
    }

    /// What is known of a file.
    ///
    /// - Throws: ``LinkTransferError``, and what the channel throws.
    package mutating func info(_ path: String) async throws -> LinkBody.File {
        try await channel.send(LinkEnvelope(.files, "stat", body: LinkBody.Path(path).encoded()))
        let answer = try await channel.next()
        guard answer.type == "file_info", let file = try? LinkBody.File(parsing: answer.body) else {
            throw LinkTransferError.outOfTurn
        }
        guard file.mode.map({ $0 & Self.kindBits == 0 }) ?? true else { throw LinkTransferError.notAFile }
        return file
    }

    /// Asks for a file; returns its first chunk, so that a refusal is known before anything is answered.
    package mutating func begin(_ path: String) async throws -> [UInt8] {
        try await channel.send(LinkEnvelope(.files, "get_file", body: LinkBody.Path(path).encoded()))
        return try await chunk(at: 0)
    }

    /// Takes the rest of a file, acknowledging as it goes; an empty chunk is the end.
    ///
    /// - Returns: its size in bytes.
    @discardableResult
    package mutating func receive(first: [UInt8], _ take: ([UInt8]) async throws -> Void) async throws -> Int64 {
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
        return received
    }

    /// Sends a file; returns when the device has all of it.
    ///
    /// - Parameters:
    ///   - next: the next bytes of the content, any number; `nil` at the end.
    ///   - onProgress: told the bytes the device has acknowledged.
    /// - Returns: its size in bytes.
    @discardableResult
    package mutating func send(
        _ file: LinkBody.File, onProgress: (Int64) -> Void = { _ in }, _ next: () async throws -> [UInt8]?
    ) async throws -> Int64 {
        try await channel.send(LinkEnvelope(.files, "put_file", body: file.encoded()))
        var acknowledged = try await acknowledgement()
        var sent: Int64 = 0
        while let content = try await next() {
            for start in stride(from: 0, to: content.count, by: LinkEnvelope.chunk) {
                let part = Array(content[start..<min(start + LinkEnvelope.chunk, content.count)])
                while sent - acknowledged >= Self.window {
                    acknowledged = try await acknowledgement()
                    onProgress(acknowledged)
                }
                try await put(part, at: sent)
                sent += Int64(part.count)
            }
        }
        try await put([], at: sent)
        while acknowledged < sent { acknowledged = try await acknowledgement() }
        onProgress(acknowledged)
        return sent
    }

    private mutating func put(_ content: [UInt8], at offset: Int64) async throws {
        var chunk = LinkEnvelope(.files, "file_chunk", body: content)
        chunk.set("offset", offset)
        try await channel.send(chunk)
    }

    private mutating func acknowledge(_ received: Int64) async throws {
        var ack = LinkEnvelope(.files, "ack")
        ack.set("offset", received)
        try await channel.send(ack)
    }

    private mutating func chunk(at offset: Int64) async throws -> [UInt8] {
        let answer = try await channel.next()
        guard answer.type == "file_chunk", answer.number("offset") ?? offset == offset else {
            throw LinkTransferError.outOfTurn
        }
        return answer.body
    }

    private mutating func acknowledgement() async throws -> Int64 {
        let answer = try await channel.next()
        guard answer.type == "ack", let offset = answer.number("offset"), offset >= 0 else {
            throw LinkTransferError.outOfTurn
        }
        return offset
    }
}
