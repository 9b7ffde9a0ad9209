internal import Dispatch
internal import Synchronization

/// Hashes and checks passwords on a thread of its own, one at a time: each costs 32 MiB and some 80 ms of a core,
/// which must not hold up the tasks that serve devices, and must not be multiplied by a client that sends many logins
/// at once.
final class PasswordWorker: Sendable {
    private let queue = DispatchQueue(label: "latchkey.password")
    private let waiting = Atomic<Int>(0)

    /// Whether so much waits that a stranger is sent away.
    var isBusy: Bool { waiting.load(ordering: .relaxed) >= 32 }

    /// Runs one piece of work.
    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        waiting.add(1, ordering: .relaxed)
        defer { waiting.subtract(1, ordering: .relaxed) }
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
