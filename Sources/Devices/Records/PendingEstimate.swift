internal import Synchronization

/// How many devices waited when last counted: good enough to choose a poll interval, and free to read.
final class PendingEstimate: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func set(_ newValue: Int) {
        count.store(newValue, ordering: .relaxed)
    }
}
