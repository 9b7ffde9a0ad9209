internal import DequeModule
internal import Dispatch
internal import GRDB
internal import Synchronization

/// Read-only connections for look-ups by key, beside those of the pool.
///
/// Taking a connection of the pool costs more than a look-up itself: two changes of queues, and a check whether the
/// schema changed, which it does not while the hub runs. Here a look-up costs one change of threads, and the calling
/// thread never waits for the disk. A connection goes on with the look-ups that wait, in the order in which they came,
/// until there are none; another is taken, or opened, only when those at work have enough before them.
final class LookUpConnections: Sendable {
    /// More would only compete for the processors; a look-up whose pages are in memory takes some microseconds.
    private static let limit = 4
    /// Look-ups that wait for each connection at work before another is woken: less than what that costs.
    private static let patience = 4
    /// A look-up that takes longer than this, in nanoseconds, is not waited for.
    private static let short: UInt64 = 1_000_000

    /// A look-up that gets its connection, on the connection's thread, or the reason why there is none.
    private typealias Job = @Sendable (Result<Database, any Error>) -> Void

    private struct State {
        var free: [DatabaseQueue] = []
        var opened: [DatabaseQueue] = []
        /// Those being opened, and those that are open.
        var count = 0
        var waiting: Deque<Job> = []
        /// When a connection last began a look-up or was woken for one, on the clock of `DispatchTime`.
        var begun: UInt64 = 0
        var isClosed = false
    }

    private enum Turn {
        case now(DatabaseQueue)
        case opening, later, never
    }

    private let path: String
    private let configuration: Configuration
    private let state = Mutex(State())
    /// Opens connections, which reads the file.
    private let opener = DispatchQueue(label: "latchkey.store.opener")

    init(path: String) {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        self.configuration = configuration
    }

    /// Looks something up on a connection's own thread, where the answer is given too.
    ///
    /// The answer is `StoreError.closed` once all connections are closed.
    func lookUp<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
        answer: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        let now = DispatchTime.now().uptimeNanoseconds
        let turn = state.withLock { state -> Turn in
            if state.isClosed { return .never }
            state.waiting.append { connection in
                answer(Result { try body(connection.get()) }.mapError(engineError))
            }
            let busy = state.count - state.free.count
            let isSlow = now > state.begun + Self.short
            guard busy == 0 || isSlow || state.waiting.count > busy * Self.patience else { return .later }
            // Until the next one works, nobody is slow.
            state.begun = now
            if let connection = state.free.popLast() { return .now(connection) }
            guard state.count < Self.limit else { return .later }
            state.count += 1
            return .opening
        }
        switch turn {
        case .now(let connection): work(on: connection)
        case .opening: opener.async { [self] in open() }
        case .later: break
        case .never: answer(.failure(StoreError.closed))
        }
    }

    /// Closes all connections, after the look-ups that are under way.
    func close() throws {
        let (opened, waiting) = state.withLock { state in
            state.isClosed = true
            state.free = []
            defer { state.waiting = [] }
            return (state.opened, state.waiting)
        }
        for job in waiting { job(.failure(StoreError.closed)) }
        for connection in opened { try connection.close() }
    }

    /// Does what waits, on a connection that is not at work.
    private func work(on connection: DatabaseQueue) {
        connection.asyncUnsafeRead { [self] result in
            while let job = next(for: connection) { job(result.map { Database($0) }) }
        }
    }

    /// The look-up that waits longest; without one the connection is free.
    private func next(for connection: DatabaseQueue) -> Job? {
        let now = DispatchTime.now().uptimeNanoseconds
        return state.withLock { state in
            // Asked on the connection's queue, where it is closed too: so it is open as long as a look-up runs.
            guard !state.isClosed else { return nil }
            if let job = state.waiting.popFirst() {
                state.begun = now
                return job
            }
            state.free.append(connection)
            return nil
        }
    }

    /// Opens one more connection for the look-up that waits longest.
    private func open() {
        do {
            let connection = try storeErrors { try DatabaseQueue(path: path, configuration: configuration) }
            let isWanted = state.withLock { state in
                if !state.isClosed { state.opened.append(connection) }
                return !state.isClosed
            }
            guard isWanted else { return try connection.close() }
            work(on: connection)
        } catch {
            // Connections that are open serve the look-ups that wait; without any the look-ups fail.
            let (refused, free) = state.withLock { state -> (Deque<Job>, DatabaseQueue?) in
                state.count -= 1
                // One that was set free meanwhile takes what came for the one that could not be opened.
                guard state.count == 0 else { return ([], state.waiting.isEmpty ? nil : state.free.popLast()) }
                defer { state.waiting = [] }
                return (state.waiting, nil)
            }
            for job in refused { job(.failure(error)) }
            if let free { work(on: free) }
        }
    }
}
