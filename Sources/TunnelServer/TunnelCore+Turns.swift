internal import NIOCore

/// Ends that have more to do than one turn's share, in the order in which they came.
struct TunnelTurns {
    /// Ends that have their turn together; the others come after the next look at all connections.
    static let together = 16
    /// Between two rounds every connection is looked at. A task that is due at once would not do: the event loop runs
    /// all of those first.
    static let pause = TimeAmount.microseconds(50)

    var waiting: [TunnelEnd] = []
    /// A round is under way, or will be.
    var isScheduled = false
    /// Most that one end did in one turn.
    private(set) var mostDocuments = 0
    private(set) var mostFrames = 0
    /// Most bytes that one end sent after it was told to go, and that were read.
    private(set) var mostDropped = 0

    mutating func note(dropped: Int) {
        mostDropped = max(mostDropped, dropped)
    }

    mutating func note(_ share: TunnelShare) {
        mostDocuments = max(mostDocuments, share.documents)
        mostFrames = max(mostFrames, share.frames)
    }
}

extension TunnelCore {
    /// An end wants another turn.
    func enqueue(_ end: TunnelEnd) {
        if !end.isInLine {
            end.isInLine = true
            turns.waiting.append(end)
        }
        guard !turns.isScheduled else { return }
        turns.isScheduled = true
        scheduleTurns()
    }

    private func scheduleTurns() {
        eventLoop.assumeIsolated().scheduleTask(in: TunnelTurns.pause) { [weak self] in self?.takeTurns() }
    }

    private func takeTurns() {
        let next = Array(turns.waiting.prefix(TunnelTurns.together))
        turns.waiting.removeFirst(next.count)
        for end in next {
            end.isInLine = false
            end.takeTurn()
        }
        flush()
        for end in next { end.holdBack() }
        // The pause begins when the round is over: a next one that is due by then would follow at once.
        turns.isScheduled = !turns.waiting.isEmpty
        if turns.isScheduled { scheduleTurns() }
    }
}
