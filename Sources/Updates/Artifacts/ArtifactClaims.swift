internal import Synchronization

/// Digests of the files that have their place while the row that names them is still being written: nobody removes
/// such a file, although no artifact has it yet. While a file is being removed nobody claims it.
final class ArtifactClaims: Sendable {
    private struct State {
        /// How many uploads are at this point, by digest.
        var claims: [String: Int] = [:]
        var removals: [String: Removal] = [:]
    }

    /// A file that is being removed.
    private struct Removal {
        /// Those who wait to claim it.
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// Whether somebody else wants it removed, for whom things may have changed since.
        var mustRepeat = false
    }

    private let state = Mutex(State())

    /// Claims a file, until it is released as often as it was claimed; waits while it is being removed.
    func claim(_ digest: String) async {
        await withCheckedContinuation { continuation in
            let isClaimed = state.withLock { state in
                guard state.removals[digest]?.waiting.append(continuation) == nil else { return false }
                state.claims[digest, default: 0] += 1
                return true
            }
            if isClaimed { continuation.resume() }
        }
    }

    func release(_ digest: String) {
        state.withLock { state in
            let count = state.claims[digest, default: 1] - 1
            state.claims[digest] = count > 0 ? count : nil
        }
    }

    /// Works on a file unless it is claimed; it can't be claimed before the work is done. Where somebody else is at it,
    /// that one does the work once more.
    func whileUnclaimed(_ digest: String, _ work: () async throws -> Void) async rethrows {
        let mayBegin = state.withLock { state in
            guard state.claims[digest] == nil, state.removals[digest] == nil else {
                state.removals[digest]?.mustRepeat = true
                return false
            }
            state.removals[digest] = Removal()
            return true
        }
        guard mayBegin else { return }
        defer {
            let waiting = state.withLock { state in
                let waiting = state.removals.removeValue(forKey: digest)?.waiting ?? []
                if !waiting.isEmpty { state.claims[digest, default: 0] += waiting.count }
                return waiting
            }
            for continuation in waiting { continuation.resume() }
        }
        repeat {
            state.withLock { $0.removals[digest]?.mustRepeat = false }
            try await work()
        } while state.withLock { $0.removals[digest]?.mustRepeat ?? false }
    }
}
