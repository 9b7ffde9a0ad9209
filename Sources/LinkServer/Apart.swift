/// Work of a task that lives as long as its connection.
enum Apart {
    /// Runs work in a task of its own and waits for it. A task keeps as much memory as its deepest call ever needed,
    /// and thousands that wait for a message must not keep what a join took.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    /// The same for work that does not fail.
    static func run(_ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            await group.waitForAll()
        }
    }
}
