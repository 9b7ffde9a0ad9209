internal import Filters
internal import Store
internal import Synchronization
internal import Wire

/// Lets little costly work run at a time, such as searches: each holds a connection to the database and a core for up
/// to seconds. Others wait their turn, and beyond that are sent away.
final class SearchGate: Sendable {
    private struct State {
        var running = 0
        var tickets: UInt64 = 0
        var waiting: [(ticket: UInt64, turn: CheckedContinuation<Void, any Error>)] = []
    }

    private let atOnce: Int
    private let waitingLimit: Int
    private let refusal: any Error
    private let state = Mutex(State())

    /// - Parameters:
    ///   - atOnce: searches that run at the same time.
    ///   - waitingLimit: searches that wait for their turn.
    ///   - refusal: what those hear that are sent away.
    init(atOnce: Int, waitingLimit: Int, refusal: any Error = InventoryError.tooManySearches) {
        self.atOnce = atOnce
        self.waitingLimit = waitingLimit
        self.refusal = refusal
    }

    /// How many run and wait.
    var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// Runs a search when its turn comes.
    ///
    /// - Throws: the refusal when too many wait, and what the search throws.
    func run<Value: Sendable>(_ search: () async throws -> Value) async throws -> Value {
        try await enter()
        defer { leave() }
        return try await search()
    }

    private func enter() async throws {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { turn in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.running < atOnce {
                        state.running += 1
                        return .success(())
                    }
                    guard state.waiting.count < waitingLimit else { return .failure(refusal) }
                    state.waiting.append((ticket, turn))
                    return nil
                }
                if let answer { turn.resume(with: answer) }
            }
        } onCancel: {
            let given = state.withLock { state in
                state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0).turn }
            }
            given?.resume(throwing: CancellationError())
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst().turn
        }
        next?.resume()
    }
}

extension Inventory {
    /// Reads what a filter means; with a regular expression in it only when its turn comes, see ``SearchGate``.
    func search<Value: Sendable>(
        _ filter: InventoryFilter, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        guard filter.hasPatterns else { return try await store.read(body) }
        return try await searches.run { try await store.read(body) }
    }
}
