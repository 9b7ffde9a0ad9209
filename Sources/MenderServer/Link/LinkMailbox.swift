internal import Encoding
internal import Registry
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

    private let links: DeviceLinks
    private let link: DeviceLink
    private let session: LinkSession
    private let messages: AsyncStream<LinkEnvelope>
    private let start: Int64

    /// - Throws: 409 when the device is not connected, or has too many sessions.
    init(_ links: DeviceLinks, deviceID: String, user: LinkUser) throws(MenderError) {
        guard let link = links.link(deviceID) else { throw .conflict(LinkRefusal.notConnected.text) }
        let (messages, mailbox) = AsyncStream.makeStream(
            of: LinkEnvelope.self, bufferingPolicy: .bufferingOldest(Self.capacity))
        session = LinkSession(user, .mailbox(mailbox))
        do throws(LinkRefusal) {
            try link.add(session)
        } catch {
            throw .conflict(error.text)
        }
        self.links = links
        self.link = link
        self.messages = messages
        start = links.registry.journal.now()
    }

    deinit {
        link.remove(session)
    }

    /// Sends a message.
    ///
    /// - Throws: 409 when the device is gone; what the audit trail throws.
    func send(_ envelope: LinkEnvelope) async throws {
        do {
            try await links.send(envelope, of: session, to: link)
        } catch is WebSocketError {
            throw MenderError.conflict(LinkRefusal.notConnected.text)
        } catch let refusal as LinkRefusal {
            throw MenderError.badRequest(refusal.text)
        }
    }

    /// The next message of the file protocol; the session's own pings are answered here.
    ///
    /// - Throws: 408 after ``patience``, 409 when the device is gone, 502 when it answers with an error.
    func next() async throws -> LinkEnvelope {
        while true {
            let envelope = try await waitForOne()
            switch (envelope.proto, envelope.type) {
            case (.control, "ping"): try await send(LinkEnvelope(.control, "pong"))
            case (.control, "error"), (.files, "error"):
                let failure = try? LinkBody.Failure(parsing: envelope.body)
                throw MenderError.badGateway("the device refused: \(Self.plain(failure?.text ?? ""))")
            case (.files, _): return envelope
            default: break
            }
        }
    }

    /// Ends the session, on the device as well.
    func finish() async {
        await links.finish(session, on: link, since: start)
    }

    private func waitForOne() async throws -> LinkEnvelope {
        try await withThrowingTaskGroup(of: LinkEnvelope?.self) { [messages] group in
            group.addTask {
                for await message in messages { return message }
                throw MenderError.conflict("the device disconnected")
            }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let message = first else {
                throw MenderError.timedOut("the device did not answer")
            }
            return message
        }
    }

    /// A device's words as one short line.
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(200).map { PlainText.acts($0) ? " " : $0 }))
    }
}
