internal import NIOCore

/// The one deadline of a connection. Moving it costs nothing: what is scheduled looks when it runs whether the time has
/// come. Lives on the connection's loop and takes the time from there.
struct ConnectionTimer {
    private var due = NIODeadline.distantFuture
    private var scheduled: Scheduled<Void>?
    private var scheduledFor = NIODeadline.distantFuture

    /// Sets the deadline, or removes it.
    ///
    /// - Parameter onTime: called on the loop once something may be due; asks ``isDue(on:)``.
    mutating func set(_ time: TimeAmount?, on loop: any EventLoop, _ onTime: @escaping () -> Void) {
        due = time.map { loop.now + $0 } ?? .distantFuture
        guard due < scheduledFor else { return }
        schedule(on: loop, onTime)
    }

    /// Whether the deadline has passed; schedules the next look otherwise. Called when what was scheduled runs.
    mutating func isDue(on loop: any EventLoop, _ onTime: @escaping () -> Void) -> Bool {
        scheduled = nil
        scheduledFor = .distantFuture
        if due <= loop.now {
            due = .distantFuture
            return true
        }
        if due < .distantFuture { schedule(on: loop, onTime) }
        return false
    }

    /// Nothing will be due any more.
    mutating func cancel() {
        due = .distantFuture
        scheduled?.cancel()
        scheduled = nil
        scheduledFor = .distantFuture
    }

    private mutating func schedule(on loop: any EventLoop, _ onTime: @escaping () -> Void) {
        scheduled?.cancel()
        scheduledFor = due
        scheduled = loop.assumeIsolated().scheduleTask(deadline: due, onTime)
    }
}
