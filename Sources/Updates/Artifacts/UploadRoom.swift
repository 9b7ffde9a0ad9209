internal import Synchronization

/// The room an operator has set for artifacts, of which uploads that are not finished take a part: a client that only
/// begins uploads must not fill the disk either.
final class UploadRoom: Sendable {
    private struct State {
        /// Bytes of all artifacts, as they were when last looked at.
        var kept: Int64 = 0
        /// Numbers of the last look that began, and of the last whose outcome counts.
        var looks = (begun: 0, taken: 0)
        /// Bytes of each upload that waits, by number.
        var uploads: [String: Int64] = [:]
        var waiting: Int64 = 0

        mutating func set(_ id: String, _ size: Int64?) {
            waiting += (size ?? 0) - (uploads[id] ?? 0)
            uploads[id] = size
        }
    }

    private let limit: Int64
    private let countKept: @Sendable () async throws -> Int64
    private let state: Mutex<State>

    /// - Parameters:
    ///   - limit: bytes for all; 0 for no bound.
    ///   - uploads: sizes of the uploads that wait, by number.
    ///   - countKept: counts the bytes of all artifacts.
    init(limit: Int64, uploads: [String: Int64], countKept: @escaping @Sendable () async throws -> Int64) {
        self.limit = limit
        self.countKept = countKept
        state = Mutex(State(uploads: uploads, waiting: uploads.values.reduce(0, +)))
    }

    /// Bytes of all uploads that wait.
    var waiting: Int64 { state.withLock { $0.waiting } }

    /// Looks again at what the artifacts take.
    func refresh() async throws {
        guard limit > 0 else { return }
        let look = state.withLock { state in
            state.looks.begun += 1
            return state.looks.begun
        }
        let kept = try await countKept()
        state.withLock { state in
            // One that began later may have ended earlier.
            guard look > state.looks.taken else { return }
            state.looks.taken = look
            state.kept = kept
        }
    }

    /// Takes room for more bytes of an upload.
    ///
    /// - Throws: ``UpdatesError/storageFull``.
    func grow(_ id: String, by count: Int64) throws(UpdatesError) {
        let fits = state.withLock { state in
            guard limit == 0 || state.kept + state.waiting + count <= limit else { return false }
            state.set(id, (state.uploads[id] ?? 0) + count)
            return true
        }
        guard fits else { throw .storageFull }
    }

    /// Notes how long an upload is now.
    func set(_ id: String, size: Int64) {
        state.withLock { $0.set(id, size) }
    }

    /// Gives the room of an upload back that is no longer there.
    func forget(_ id: String) {
        state.withLock { $0.set(id, nil) }
    }

    /// Whether an upload may become an artifact beside all others.
    func holds(_ id: String, size: Int64, kept: Int64) -> Bool {
        state.withLock { state in
            limit == 0 || kept + size + state.waiting - (state.uploads[id] ?? 0) <= limit
        }
    }
}
