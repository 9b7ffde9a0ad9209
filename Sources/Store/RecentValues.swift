internal import Synchronization

/// Values that were read or computed, for as long as they are true and as room is: those used last are kept, in two
/// halves. When the newer half is full the older one is dropped.
package final class RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var version: UInt64 = 0
        var newer: [Key: Value] = [:]
        var older: [Key: Value] = [:]

        mutating func add(_ key: Key, _ value: Value, half: Int) {
            if newer.count >= half { (older, newer) = (newer, [:]) }
            newer[key] = value
        }
    }

    private let half: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many are kept at most.
    package init(limit: Int) {
        half = max(1, limit / 2)
    }

    /// What is kept for a key.
    ///
    /// - Parameter version: what is true now, see ``Store/version(of:)``: values of another one are dropped.
    package func value(_ key: Key, version: UInt64 = 0) -> Value? {
        state.withLock { state in
            guard state.version == version else { return nil }
            if let value = state.newer[key] { return value }
            guard let value = state.older.removeValue(forKey: key) else { return nil }
            state.add(key, value, half: half)
            return value
        }
    }

    package func remove(_ key: Key) {
        state.withLock { state in
            state.newer[key] = nil
            state.older[key] = nil
        }
    }

    /// Keeps a value.
    ///
    /// - Parameter version: taken before the value was read.
    package func keep(_ value: Value, for key: Key, version: UInt64 = 0) {
        state.withLock { state in
            // What took long was read before the last change.
            guard version >= state.version else { return }
            if version > state.version { state = State(version: version) }
            state.add(key, value, half: half)
        }
    }
}
