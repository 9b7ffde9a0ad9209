/// How long one client of a device may hold up all others: there is one connection to the proxy for all of them, and
/// the only way to stop a client's bytes is not to read from it.
package struct TunnelPatience: Sendable, Equatable {
    /// Bytes that may wait for a client before reading stops.
    package var queueBytes = 256 * 1024
    /// A client that stops reading for so long in all…
    package var limit: Duration = .seconds(30)
    /// …within this time is sent away.
    package var window: Duration = .seconds(60)
    /// Shorter stretches do not count: a program that takes its bytes steadily, at 64 KiB a second or more, delays
    /// nobody by more than this and may take as long as it needs.
    package var pause: Duration = .seconds(1)

    package init() {}
}

/// The stretches of time in which one client stopped reading, as far back as they count.
struct TunnelHoldings {
    private let patience: TunnelPatience
    /// Ended ones, oldest first. Each is as long as a pause that counts, so there are few.
    private var stretches: [Range<Duration>] = []
    private var beginning: Duration?

    init(_ patience: TunnelPatience) {
        self.patience = patience
    }

    /// - Parameter now: time since any fixed moment.
    mutating func begin(at now: Duration) {
        beginning = beginning ?? now
    }

    mutating func end(at now: Duration) {
        guard let start = beginning else { return }
        beginning = nil
        forget(before: now - patience.window)
        if now - start >= patience.pause { stretches.append(start..<now) }
    }

    /// How much longer the client may hold on, at least a pause that counts; `nil` when that was long enough.
    mutating func left(at now: Duration) -> Duration? {
        forget(before: now - patience.window)
        let current = beginning.map { now - $0 } ?? .zero
        let sum = stretches.reduce(current >= patience.pause ? current : .zero) { sum, stretch in
            sum + (stretch.upperBound - max(stretch.lowerBound, now - patience.window))
        }
        guard current < patience.pause || sum < patience.limit else { return nil }
        return max(patience.limit - sum, patience.pause)
    }

    private mutating func forget(before moment: Duration) {
        stretches.removeAll { $0.upperBound <= moment }
    }
}
