internal import Encoding
internal import Presence
internal import Synchronization

/// Files that a device sends by itself, for the operators on its console who take them. Nothing is kept when there are
/// none.
final class ConsoleInbox: Sendable {
    typealias Files = AsyncStream<SentFile>

    private struct State {
        var isOver = false
        var takers: [String: Files.Continuation] = [:]
        var assembly = FileAssembly()
    }

    private let state = Mutex(State())

    /// Files from now on, for a session.
    func join(_ session: String) -> Files {
        // One who takes nothing loses files, and holds no more memory than a device sends at once.
        let (files, taker) = Files.makeStream(bufferingPolicy: .bufferingOldest(FileAssembly.openLimit))
        let isOver = state.withLock { state in
            if !state.isOver { state.takers[session] = taker }
            return state.isOver
        }
        if isOver { taker.finish() }
        return files
    }

    func leave(_ session: String) {
        let taker = state.withLock { state in
            defer { if state.takers.isEmpty { state.assembly = FileAssembly() } }
            return state.takers.removeValue(forKey: session)
        }
        taker?.finish()
    }

    /// Takes an event of the device.
    func receive(_ event: String, _ payload: JSONValue) {
        let (file, takers): (SentFile?, [Files.Continuation]) = state.withLock { state in
            guard !state.takers.isEmpty else { return (nil, []) }
            return (state.assembly.take(event, payload), Array(state.takers.values))
        }
        guard let file else { return }
        for taker in takers { taker.yield(file) }
    }

    /// The device left the console; it may join again.
    func end(isOver: Bool) {
        let takers = state.withLock { state in
            defer { (state.takers, state.assembly, state.isOver) = ([:], FileAssembly(), isOver) }
            return state.takers
        }
        for taker in takers.values { taker.finish() }
    }
}
