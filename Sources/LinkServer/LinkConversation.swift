internal import Devices
internal import Encoding
internal import Logging
internal import WebSockets
internal import Wire

/// Serves one device's link: reads its frames one after the other, and does what they ask for.
struct LinkConversation {
    let link: NervesLink
    let services: LinkServices
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    init(_ link: NervesLink, _ services: LinkServices) {
        (self.link, self.services) = (link, services)
        start = clock.now
    }

    /// Time since the link was opened.
    private var now: Duration { clock.now - start }
    private var extensions: ExtensionState { link.extensions }

    /// Reads until the connection ends.
    func run(_ socket: WebSocket) async throws {
        defer {
            services.backlogs.keep(link.console.backlog, of: link.device)
            link.end()
        }
        var seen = now
        await noteSeen()
        var budget = FrameBudget()
        var files = MessageBudget(perSecond: LinkLimits.filePartsPerSecond, burst: LinkLimits.filePartsPerSecond)
        for try await message in socket.messages {
            if let part = filePart(message) {
                // A device sends its parts as fast as it can; it is slowed down instead.
                while !files.take(now: now) { try await Task.sleep(for: .milliseconds(20)) }
                for outcome in link.receive(part) { await act(on: outcome) }
                continue
            }
            // No client sends binary frames on these topics.
            guard case .text(let text) = message else {
                if budget.take(bytes: 0, now: now) == .flooded { return Self.endFlood(socket) }
                continue
            }
            switch budget.take(bytes: text.utf8.count, now: now) {
            case .taken: break
            case .dropped: continue
            case .flooded: return Self.endFlood(socket)
            }
            let frame: PhoenixFrame
            do throws(MessageError) {
                frame = try PhoenixFrame(parsing: text)
            } catch {
                if error.isBound { continue }
                return socket.close(.fault, reason: "not a frame of the device link")
            }
            let outcomes = link.receive(frame)
            if !outcomes.isEmpty { await Apart.run { for outcome in outcomes { await act(on: outcome) } } }
            await act(on: extensions.tick(), nil)
            guard now - seen >= Self.seenInterval else { continue }
            seen = now
            await noteSeen()
        }
        await noteSeen()
    }

    private static func endFlood(_ socket: WebSocket) {
        socket.close(.policy, reason: "too many frames")
    }

    /// How often it is written down that a device is there.
    private static let seenInterval = Duration.seconds(900)

    private func noteSeen() async {
        await Apart.run {
            do {
                try await services.devices.noteSeen(link.device.text, from: link.address)
            } catch {
                logFault(error, .device)
            }
        }
    }

    /// A part of a file, whether or not somebody takes it: it does not count as a frame, since a file has more of them
    /// than a device may send.
    private func filePart(_ message: WebSocketMessage) -> PhoenixFrame? {
        guard case .text(let text) = message, text.utf8.count <= LinkLimits.filePartBytes,
            text.contains("file-data"), let frame = try? PhoenixFrame(parsing: text),
            frame.topic == LinkTopic.console.rawValue,
            frame.event == "file-data" || frame.event == "file-data/stop"
        else { return nil }
        return frame
    }

    private func act(on outcome: LinkTopics.Outcome) async {
        switch outcome {
        case .send: break
        case .join(let topic, let ref, let payload): await join(topic, ref, payload)
        case .left(.console): link.endConsole(isOver: false)
        case .left(.extensions): extensions.leave()
        case .left: break
        case .event(let topic, let event, let payload, let ref):
            do {
                try await receive(topic, event, payload, ref)
            } catch {
                logFault(error, topic)
                link.fail(topic)
            }
        }
    }

    private func join(_ topic: LinkTopic, _ ref: PhoenixFrame.Reference?, _ payload: JSONValue) async {
        switch topic {
        case .device:
            do {
                try await joinDevice(LinkJoin(payload), ref)
            } catch {
                logFault(error, topic)
                link.refuseJoin(topic, ref)
            }
        case .console: link.join(topic, ref)
        case .extensions: link.join(topic, ref, response: extensions.join(payload))
        }
    }

    private func receive(
        _ topic: LinkTopic, _ event: String, _ payload: JSONValue, _ ref: PhoenixFrame.Reference?
    ) async throws {
        switch topic {
        case .device: try await receive(device: event, payload, ref)
        case .console where event == "up": link.console.receive(payload)
        case .console: link.inbox.receive(event, payload)
        case .extensions:
            await act(on: extensions.receive(event: event, payload: payload), ref)
        }
    }

    private func act(on actions: [ExtensionAction], _ ref: PhoenixFrame.Reference?) async {
        for action in actions {
            switch action {
            case .push(let event, let payload): link.push(.extensions, event, payload)
            case .reply(let isOK, let response): link.reply(.extensions, ref, isOK: isOK, response)
            case .keep(let finding): await services.sink.keep(finding, of: link.device.text)
            }
        }
    }

    /// The store fails, or the hub: never something the device sent.
    private func logFault(_ error: any Error, _ topic: LinkTopic) {
        services.logger.error(
            "an event of a device's link failed",
            metadata: ["device": "\(link.device.text)", "topic": "\(topic.rawValue)", "error": "\(error)"])
    }
}

extension MessageError {
    /// Whether a message is one, but beyond a bound of ours: it is passed over like one that nobody knows.
    fileprivate var isBound: Bool {
        switch self {
        case .tooLarge, .tooDeep, .tooManyValues, .numberTooLarge: true
        default: false
        }
    }
}
