internal import GRDB
internal import Synchronization

/// Read-only connections for look-ups by key, beside those of the pool.
///
/// Taking a connection of the pool costs more than a look-up itself: two changes of queues, and a check whether the
/// schema changed, which it does not while the hub runs. These are opened when they are first needed, as many as
/// threads look something up at once: nobody ever waits for one. Waiting for a reader of the pool on a thread that runs
/// tasks could be forever, because a reader is given back on such a thread.
final class LookUpConnections: Sendable {
    private struct State {
        var free: [DatabaseQueue] = []
        var opened: [DatabaseQueue] = []
        var isClosed = false
    }

    private let path: String
    private let configuration: Configuration
    private let state = Mutex(State())

    init(path: String) {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        self.configuration = configuration
    }

    /// Looks something up; `nil` once all connections are closed.
    func lookUp<Value>(_ body: (Database) throws -> Value) throws -> Value? {
        guard let connection = try take() else { return nil }
        defer { giveBack(connection) }
        // Asked on the connection's queue, where it is closed too: so it is open as long as the body runs.
        return try connection.unsafeRead { db in state.withLock(\.isClosed) ? nil : try body(Database(db)) }
    }

    /// Closes all connections, after the look-ups that are under way.
    func close() throws {
        let opened = state.withLock { state in
            state.isClosed = true
            state.free = []
            return state.opened
        }
        for connection in opened { try connection.close() }
    }

    private func giveBack(_ connection: DatabaseQueue) {
        state.withLock { state in
            if !state.isClosed { state.free.append(connection) }
        }
    }

    private func take() throws -> DatabaseQueue? {
        try state.withLock { state in
            if let connection = state.free.popLast() { return connection }
            guard !state.isClosed else { return nil }
            let connection = try DatabaseQueue(path: path, configuration: configuration)
            state.opened.append(connection)
            return connection
        }
    }
}
