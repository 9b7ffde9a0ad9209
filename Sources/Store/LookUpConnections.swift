internal import Dispatch
internal import GRDB
internal import Synchronization

/// Read-only connections for look-ups by key, beside those of the pool.
///
/// Taking a connection of the pool costs more than a look-up itself: two changes of queues, and a check whether the
/// schema changed, which it does not while the hub runs. Here a look-up costs one change of threads, and the calling
/// thread never waits for the disk. Connections are opened on demand; when all are busy, look-ups wait in the order in
/// which they came.
final class LookUpConnections: Sendable {
    /// More would only compete for the processors; a look-up whose pages are in memory takes some microseconds.
    private static let limit = 4

    /// A look-up that gets its connection, or the reason why there is none.
    private typealias Job = @Sendable (Result<DatabaseQueue, any Error>) -> Void

    private struct State {
        var free: [DatabaseQueue] = []
        var opened: [DatabaseQueue] = []
        /// Those being opened, and those that are open.
        var count = 0
        var waiting: [Job] = []
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
        take { [self] outcome in
            switch outcome {
            case .failure(let error): answer(.failure(error))
            case .success(let connection):
                connection.asyncUnsafeRead { [self] result in
                    let found = Result {
                        let db = try result.get()
                        // Asked on the connection's queue, where it is closed too: so it is open as long as the body
                        // runs.
                        guard !state.withLock(\.isClosed) else { throw StoreError.closed }
                        return try body(Database(db))
                    }
                    giveBack(connection)
                    answer(found.mapError(engineError))
                }
            }
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

    private func take(_ job: @escaping Job) {
        let turn = state.withLock { state -> Turn in
            if state.isClosed { return .never }
            if let connection = state.free.popLast() { return .now(connection) }
            state.waiting.append(job)
            guard state.count < Self.limit else { return .later }
            state.count += 1
            return .opening
        }
        switch turn {
        case .now(let connection): job(.success(connection))
        case .opening: opener.async { [self] in open() }
        case .later: break
        case .never: job(.failure(StoreError.closed))
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
            giveBack(connection)
        } catch {
            // Connections that are open serve the look-ups that wait; without any the look-ups fail.
            let refused = state.withLock { state -> [Job] in
                state.count -= 1
                defer { if state.count == 0 { state.waiting = [] } }
                return state.count == 0 ? state.waiting : []
            }
            for job in refused { job(.failure(error)) }
        }
    }

    private func giveBack(_ connection: DatabaseQueue) {
        let next = state.withLock { state -> Job? in
            if state.isClosed { return nil }
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.free.append(connection)
            return nil
        }
        next?(.success(connection))
    }
}
