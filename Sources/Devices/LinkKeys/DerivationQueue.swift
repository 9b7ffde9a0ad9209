internal import Dispatch
internal import PKI
internal import Synchronization
internal import Wire

/// What a derived key depends on, beside the secret that its link key names: devices that sign with one link key in the
/// same second share it.
struct DerivationID: Hashable, Sendable {
    let key: String
    let algorithm: String
    let time: String

    init(_ headers: SharedSecretHeaders) {
        (key, algorithm, time) = (headers.key, headers.algorithm, headers.time)
    }
}

/// Derives keys, few at a time, each once for all that ask for it meanwhile.
///
/// Sources take turns, so that one that asks much waits behind itself. When as many wait as may, the newest of the
/// source that has most is sent away. Costly derivations run one at a time, and only while none of the others waits.
final class DerivationQueue: Sendable {
    /// A derivation whose turn has come.
    struct Job: Sendable {
        let id: DerivationID
        let work: @Sendable () -> SecretBytes
    }

    private let state: Mutex<DerivationLanes>
    /// Of low quality of service: what serves devices that are in comes first.
    private let queue = DispatchQueue(label: "latchkey.link.derivation", qos: .utility, attributes: .concurrent)

    /// - Parameters:
    ///   - atOnce: derivations that run at the same time, 1 or more.
    ///   - waitingLimit: who may wait for one that has not begun.
    init(atOnce: Int, waitingLimit: Int) {
        state = Mutex(DerivationLanes(atOnce: atOnce, waitingLimit: waitingLimit))
    }

    /// How many derivations run, and how many askers wait for one that has not begun.
    var load: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting) } }

    /// The key that some work derives; the work is left out when the same is on its way.
    ///
    /// - Parameter source: whose turn it takes.
    /// - Throws: ``LinkBusy`` when too many wait, `CancellationError`.
    func key(
        _ id: DerivationID, for source: String, isCostly: Bool, _ work: @escaping @Sendable () -> SecretBytes
    ) async throws -> SecretBytes {
        let ticket = state.withLock { $0.makeTicket() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { turn in
                let asker = DerivationLanes.Asker(ticket: ticket, source: source, turn: turn)
                let (refused, error): (DerivationLanes.Turn?, any Error) = state.withLock { lanes in
                    if Task.isCancelled { return (turn, CancellationError()) }
                    return (lanes.enter(asker, Job(id: id, work: work), isCostly: isCostly), LinkBusy())
                }
                refused?.resume(throwing: error)
                begin()
            }
        } onCancel: {
            state.withLock { $0.leave(ticket, id) }?.resume(throwing: CancellationError())
        }
    }

    /// Begins what may run now; whatever has run begins the next.
    private func begin() {
        while let job = state.withLock({ $0.next() }) {
            queue.async { [self] in
                let key = job.work()
                let turns = state.withLock { $0.finish(job.id) }
                for turn in turns { turn.resume(returning: key) }
                begin()
            }
        }
    }
}

/// Too many derivations wait.
struct LinkBusy: Error {}
