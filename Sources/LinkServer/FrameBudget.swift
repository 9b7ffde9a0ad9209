/// How many frames a device may send (docs/protocols/device-link.md 14). Pure.
struct FrameBudget {
    enum Verdict: Equatable {
        case taken
        /// The frame is dropped.
        case dropped
        /// Frames were dropped for so long that the link ends.
        case flooded
    }

    private var bytes = MessageBudget(perSecond: LinkLimits.bytesPerSecond, burst: LinkLimits.byteBurst)
    private var budget = MessageBudget(perSecond: LinkLimits.framesPerSecond, burst: LinkLimits.frameBurst)
    /// Since when frames are dropped again and again, and when the last one was.
    private var flood: (since: Duration, last: Duration)?

    /// - Parameter count: bytes of the frame, which cost as they are read.
    mutating func take(bytes count: Int, now: Duration) -> Verdict {
        if budget.take(now: now), bytes.take(count, now: now) { return .taken }
        // A second without a dropped frame ends a flood.
        let since = flood.flatMap { now - $0.last < .seconds(1) ? $0.since : nil } ?? now
        flood = (since, now)
        return now - since >= .seconds(LinkLimits.floodSeconds) ? .flooded : .dropped
    }
}
