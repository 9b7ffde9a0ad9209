internal import Journal
internal import PKI
internal import Synchronization

/// Keys that were derived lately, and under which a signature was right: a herd of devices that sign in one second cost
/// one derivation. In memory, wiped as they go: after ``seconds``, and with the link key that they come from.
final class DerivedKeys: Sendable {
    private struct State {
        /// By what they depend on, with the second of a clock that nobody sets at which they go.
        var kept: [DerivationID: (key: SecretBytes, end: Int64)] = [:]
        var generation: UInt64 = 0
    }

    /// How long one is kept: a signature is good for a little less, unless the operator changed that.
    static let seconds: Int64 = 100
    private let capacity: Int
    private let steady: @Sendable () -> Int64
    private let state = Mutex(State())

    init(capacity: Int = 128, steady: @escaping @Sendable () -> Int64) {
        (self.capacity, self.steady) = (capacity, steady)
    }

    /// Grows when link keys are revoked: read it before the link key is looked up.
    var generation: UInt64 { state.withLock { $0.generation } }

    var count: Int { state.withLock { $0.kept.count } }

    func key(_ id: DerivationID) -> SecretBytes? {
        let now = steady()
        return state.withLock { state in state.kept[id].flatMap { $0.end > now ? $0.key : nil } }
    }

    /// Keeps a key; past the capacity the oldest goes.
    ///
    /// - Parameter generation: as it was before the link key was found valid; nothing is kept when one was revoked
    ///   since.
    func keep(_ key: SecretBytes, for id: DerivationID, since generation: UInt64) {
        let end = steady() + Self.seconds
        state.withLock { state in
            guard state.generation == generation, state.kept[id] == nil else { return }
            if state.kept.count >= capacity, let oldest = state.kept.min(by: { $0.value.end < $1.value.end }) {
                state.kept[oldest.key] = nil
            }
            state.kept[id] = (key, end)
        }
    }

    private func forget(_ linkKey: String) {
        state.withLock { state in
            state.generation += 1
            state.kept = state.kept.filter { $0.key.key != linkKey }
        }
    }

    private func forgetOld() {
        let now = steady()
        state.withLock { state in
            guard state.kept.contains(where: { $0.value.end <= now }) else { return }
            state.kept = state.kept.filter { $0.value.end > now }
        }
    }
}

extension DerivedKeys: EndingSubscriber {
    func hear(_ ending: Ending) {
        switch ending {
        case .linkKey(let key): forget(key)
        // Every second: nobody may ask for a key again whose time is over.
        case .time: forgetOld()
        case .device, .deviceLink, .certificates, .tunnelToken, .userToken, .user, .clockSetBack: break
        }
    }
}
