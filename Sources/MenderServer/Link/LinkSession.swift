internal import Journal
internal import Presence
internal import Synchronization
internal import WebSockets
internal import Wire

/// One operator on one device. Messages from the device go to the operator's WebSocket, or to a task of the hub that
/// acts for the operator.
final class LinkSession: OperatorSession {
    enum Sink: Sendable {
        case socket(WebSocket)
        case mailbox(AsyncStream<LinkEnvelope>.Continuation)
    }

    /// The session's name on the wire.
    let id = UniqueID.make()
    let user: LinkVisitor
    private let sink: Sink
    private let ledger = Mutex(LinkLedger())
    private let hasLostRight = Atomic<Bool>(false)

    init(_ user: LinkVisitor, _ sink: Sink) {
        self.user = user
        self.sink = sink
    }

    var right: LinkRight { user.right }

    /// What it has done so far.
    var activity: LinkLedger { ledger.withLock(\.self) }

    /// Makes a message the session's own; returns it with what begins with it.
    func stamp(_ envelope: LinkEnvelope) throws(LinkRefusal) -> (LinkEnvelope, LinkAction?) {
        var envelope = envelope
        envelope.session = id
        envelope.set("user_id", user.id)
        let opening = try ledger.withLock { ledger throws(LinkRefusal) in try ledger.sends(envelope) }
        return (envelope, opening)
    }

    /// Hands a message from the device on; waits for a slow operator, so that the device is slowed down and nothing is
    /// lost. One who takes nothing at all loses the WebSocket after its time.
    func deliver(_ envelope: LinkEnvelope) async {
        ledger.withLock { $0.receives(envelope) }
        switch sink {
        case .socket(let socket):
            // That the operator is gone is seen by the task that reads from the socket.
            try? await socket.send(.binary(envelope.encoded()))
        case .mailbox(let mailbox):
            // The task works with a window smaller than the mailbox; a device that fills it keeps no rule.
            if case .dropped = mailbox.yield(envelope) { mailbox.finish() }
        }
    }

    /// Whether its right is gone; then nothing more of it reaches the device.
    var isRevoked: Bool { hasLostRight.load(ordering: .acquiring) }

    /// Ends the session of an operator whose right is gone.
    func revoke() {
        hasLostRight.store(true, ordering: .releasing)
        guard case .socket(let socket) = sink else { return }
        socket.close(.policy, reason: "not authorized any more")
    }

    /// Tells the operator that it is over, and why.
    func end(_ reason: String) async {
        switch sink {
        case .socket(let socket):
            let failure = LinkBody.Failure(reason, closes: true)
            let error = LinkEnvelope(.control, "error", session: id, body: failure.encoded())
            try? await socket.send(.binary(error.encoded()))
            try? await socket.send(.binary(LinkEnvelope(.control, "close", session: id).encoded()))
            socket.close(.goingAway, reason: reason)
        case .mailbox(let mailbox): mailbox.finish()
        }
    }
}
