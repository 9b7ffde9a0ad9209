internal import Dispatch

/// Waits for the disk away from the tasks that serve requests, and from the database's writer; one piece of work after
/// the other.
struct DiskQueue: Sendable {
    private let queue = DispatchQueue(label: "latchkey.artifact.disk", qos: .utility)

    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }
}
