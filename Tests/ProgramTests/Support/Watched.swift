internal import Synchronization

/// A value that changes, and that others wait for.
final class Watched<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var watchers: [AsyncStream<Void>.Continuation] = []
    }

    private let state: Mutex<State>

    init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    var value: Value { state.withLock { $0.value } }

    func change(_ edit: (inout Value) -> Void) {
        let watchers = state.withLock { state in
            edit(&state.value)
            return state.watchers
        }
        for watcher in watchers { watcher.yield() }
    }

    /// Waits until something is found in the value.
    ///
    /// - Parameters:
    ///   - limit: a bound for what never comes; far more than anything takes on a busy machine.
    ///   - find: looks at each value; `nil` means that it is not yet there.
    /// - Returns: what was found; `nil` when the time was over or the test was cancelled.
    func wait<Found: Sendable>(
        within limit: Duration = .seconds(120), for find: @escaping @Sendable (Value) -> Found?
    ) async -> Found? {
        await withTaskGroup(of: Found?.self) { group in
            group.addTask { await self.first(find) }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func first<Found>(_ find: (Value) -> Found?) async -> Found? {
        let (changes, watcher) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.watchers.append(watcher) }
        watcher.yield()
        for await _ in changes {
            if let found = find(value) { return found }
        }
        return nil
    }
}
