internal import Synchronization

/// How many devices waited when last counted: good enough to choose a poll interval, and free to read.
final class PendingEstimate: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func set(_ newValue: Int) {
        count.store(newValue, ordering: .relaxed)
    }
}

/// How often something changed since the hub started: a reader that keeps a copy compares it.
final class ChangeCount: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .acquiring) }

    func increment() {
        count.add(1, ordering: .releasing)
    }
}
