internal import Encoding
internal import Presence
internal import WebSockets
internal import Wire

/// A session the hub itself runs for somebody: a task sends and waits for answers.
///
/// The device gets its goodbye by ``finish()``. A task that never comes to run, because the caller left before, leaves
/// nothing behind but a session on the device that ends by itself.
final class LinkMailbox: LinkChannel, Sendable {
    /// Longest wait for a device's answer (docs/protocols/mender.md 12.6).
    static let patience = Duration.seconds(60)
    /// Messages that may wait; more than the window of a file transfer, so only a device that keeps no rule fills it.
    private static let capacity = 128

    private let link: MenderLink
    private let session: LinkSession
    private let record: SessionRecord
    private let messages: AsyncStream<LinkEnvelope>

    /// - Throws: ``LinkError`` when the device is gone, or has too many sessions.
    init(_ link: MenderLink, user: LinkVisitor) throws(LinkError) {
        let (messages, mailbox) = AsyncStream.makeStream(
            of: LinkEnvelope.self, bufferingPolicy: .bufferingOldest(Self.capacity))
        session = LinkSession(user, .mailbox(mailbox))
        try link.add(session)
        self.link = link
        self.messages = messages
        record = link.record(session)
    }

    deinit {
        link.remove(session)
    }

    /// Sends a message.
    ///
    /// - Throws: ``LinkError``; what the audit trail throws.
    func send(_ envelope: LinkEnvelope) async throws {
        do {
            try await link.send(envelope, of: session, record)
        } catch is WebSocketError {
            throw LinkError.notConnected
        } catch let refusal as LinkRefusal {
            throw LinkError.badMessage(refusal.text)
        }
    }

    /// The next message of the file protocol; the session's own pings are answered here.
    ///
    /// - Throws: ``LinkError``: `timedOut` after ``patience``, `refused` when the device answers with an error.
    func next() async throws -> LinkEnvelope {
        while true {
            let envelope = try await waitForOne()
            switch (envelope.proto, envelope.type) {
            case (.control, "ping"): try await send(LinkEnvelope(.control, "pong"))
            case (.control, "error"), (.files, "error"):
                let failure = try? LinkBody.Failure(parsing: envelope.body)
                throw LinkError.refused(Self.plain(failure?.text ?? ""))
            case (.files, _): return envelope
            default: break
            }
        }
    }

    /// Ends the session, on the device as well.
    func finish() async {
        await link.finish(session, record)
    }

    private func waitForOne() async throws -> LinkEnvelope {
        try await withThrowingTaskGroup(of: LinkEnvelope?.self) { [messages] group in
            group.addTask {
                for await message in messages { return message }
                throw LinkError.notConnected
            }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let message = first else {
                throw LinkError.timedOut
            }
            return message
        }
    }

    /// A device's words as one short line.
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(200).map { PlainText.acts($0) ? " " : $0 }))
    }
}
