internal import Encoding
internal import Synchronization

/// The extensions of one connection, for the task that reads it and for operators who look.
final class ExtensionState: Sendable {
    private let topic: Mutex<ExtensionsTopic>
    private let start = ContinuousClock.now

    init(_ settings: ExtensionSettings) {
        topic = Mutex(ExtensionsTopic(settings: settings))
    }

    private var now: Duration { ContinuousClock.now - start }

    func join(_ payload: JSONValue) -> JSONValue { topic.withLock { $0.join(payload) } }

    func leave() { topic.withLock { $0.leave() } }

    func receive(event: String, payload: JSONValue) -> [ExtensionAction] {
        topic.withLock { $0.receive(event: event, payload: payload, now: now) }
    }

    /// Asks for what is due.
    func tick() -> [ExtensionAction] { topic.withLock { $0.tick(now: now) } }

    /// Asks now, because somebody looks.
    func ask(_ one: LinkExtension) -> [ExtensionAction] { topic.withLock { $0.ask(one, now: now) } }
}
