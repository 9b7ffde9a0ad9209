internal import NIOCore
internal import Synchronization

/// Closes a channel when time is up, and remembers which limit it was. Everything that waits on the channel then ends
/// with an error, so no waiting in this module needs a timer of its own.
final class Deadline: Sendable {
    private struct State {
        var timer: Scheduled<Void>?
        var passed: TransportError.Phase?
    }

    private let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel) {
        self.channel = channel
    }

    /// The limit that passed, nil when none did.
    var passed: TransportError.Phase? { state.withLock { $0.passed } }

    /// Starts the time anew.
    func arm(_ phase: TransportError.Phase, _ time: Duration) {
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { [channel, weak self] in
            self?.state.withLock { $0.passed = phase }
            channel.close(mode: .all, promise: nil)
        }
        let previous = state.withLock { state in
            let previous = state.timer
            state.timer = timer
            return previous
        }
        previous?.cancel()
    }

    func disarm() {
        let timer = state.withLock { state in
            let timer = state.timer
            state.timer = nil
            return timer
        }
        timer?.cancel()
    }

    deinit {
        disarm()
    }
}
