internal import NIOCore

/// Where a tunnel server's time comes from: its event loop, or a test that lets time pass by hand. Lives on that event
/// loop, and is used nowhere else.
package protocol TunnelTimers {
    /// Time since a fixed moment.
    var now: Duration { get }

    /// Does something once after a time.
    ///
    /// - Returns: what calls it off.
    func start(_ time: Duration, _ action: @escaping () -> Void) -> () -> Void
}

/// Timers of an event loop.
struct LoopTimers: TunnelTimers {
    let loop: any EventLoop

    var now: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

    func start(_ time: Duration, _ action: @escaping () -> Void) -> () -> Void {
        let timer = loop.assumeIsolated().scheduleTask(in: TimeAmount(time), action)
        return { timer.cancel() }
    }
}
