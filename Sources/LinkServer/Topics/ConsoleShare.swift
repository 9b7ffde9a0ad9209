internal import Encoding
internal import Presence
internal import Synchronization
internal import Wire

/// The console of one device, which all operators on it share (docs/protocols/device-link.md 11.1).
final class ConsoleShare: Sendable {
    /// Operators on one console at most.
    static let sessionLimit = 32
    /// Bytes that may wait for one operator.
    private static let waitingLimit = 1 << 20

    private struct Session {
        let output: AsyncStream<[UInt8]>.Continuation
        /// Bytes that the operator has not taken yet.
        var waiting = 0
    }

    private struct State {
        var isOver = false
        var sessions: [String: Session] = [:]
        var backlog = ConsoleBacklog()
    }

    private let state = Mutex(State())

    /// - Parameter backlog: what the console wrote before the device connected again.
    init(backlog: ConsoleBacklog = ConsoleBacklog()) {
        state.withLock { $0.backlog = backlog }
    }

    /// What the console wrote last.
    var backlog: ConsoleBacklog { state.withLock(\.backlog) }

    /// Begins a session; what the console wrote last comes first.
    ///
    /// - Throws: ``LinkError``.
    func join(_ session: String) throws(LinkError) -> AsyncStream<[UInt8]> {
        let (stream, output) = AsyncStream.makeStream(of: [UInt8].self)
        try state.withLock { state throws(LinkError) in
            guard !state.isOver else { throw .notConnected }
            guard state.sessions.count < Self.sessionLimit else {
                throw .tooManySessions(limit: Self.sessionLimit)
            }
            state.sessions[session] = Session(output: output, waiting: state.backlog.bytes.count)
            if !state.backlog.bytes.isEmpty { output.yield(state.backlog.bytes) }
        }
        return stream
    }

    func leave(_ session: String) {
        state.withLock { $0.sessions.removeValue(forKey: session) }?.output.finish()
    }

    /// An operator has taken so many bytes.
    func took(_ count: Int, _ session: String) {
        state.withLock { $0.sessions[session]?.waiting -= count }
    }

    /// Takes what the console wrote.
    func receive(_ payload: JSONValue) {
        guard let text = payload["data"]?.string, !text.isEmpty else { return }
        let bytes = Array(text.utf8)
        // One who takes nothing loses the session, not the others.
        let late = state.withLock { state in
            state.backlog.append(bytes)
            for session in state.sessions.keys {
                state.sessions[session]?.waiting += bytes.count
                state.sessions[session]?.output.yield(bytes)
            }
            return state.sessions.filter { $0.value.waiting > Self.waitingLimit }.map(\.key)
        }
        for session in late { leave(session) }
    }

    /// The device left the console; it may join again.
    func end(isOver: Bool) {
        let sessions = state.withLock { state in
            defer { state.sessions = [:] }
            state.isOver = isOver
            return state.sessions
        }
        for session in sessions.values { session.output.finish() }
    }
}

/// What a console wrote last, for an operator who comes later (docs/protocols/device-link.md 14).
struct ConsoleBacklog {
    static let lineLimit = 1024
    static let byteLimit = 256 << 10

    private(set) var bytes: [UInt8] = []
    private var lines = 0

    mutating func append(_ added: [UInt8]) {
        bytes += added
        lines += added.count { $0 == 0x0A }
        guard bytes.count > Self.byteLimit || lines > Self.lineLimit else { return }
        // Half of it goes at once, so that a console that floods does not move it with each message.
        var start = max(0, bytes.count - Self.byteLimit / 2)
        var kept = bytes[start...].count { $0 == 0x0A }
        while kept > Self.lineLimit / 2, let end = bytes[start...].firstIndex(of: 0x0A) {
            start = end + 1
            kept -= 1
        }
        bytes.removeFirst(start)
        lines = kept
    }
}

/// What consoles of devices wrote last, also while a device is away; of the last devices only.
final class ConsoleBacklogs: Sendable {
    private static let limit = 64
    private struct State {
        var backlogs: [DeviceID: ConsoleBacklog] = [:]
        /// Oldest first.
        var order: [DeviceID] = []
    }

    private let state = Mutex(State())

    func backlog(of device: DeviceID) -> ConsoleBacklog {
        state.withLock { $0.backlogs[device] } ?? ConsoleBacklog()
    }

    func keep(_ backlog: ConsoleBacklog, of device: DeviceID) {
        guard !backlog.bytes.isEmpty else { return }
        state.withLock { state in
            state.order.removeAll { $0 == device }
            state.order.append(device)
            state.backlogs[device] = backlog
            if state.order.count > Self.limit { state.backlogs[state.order.removeFirst()] = nil }
        }
    }
}
