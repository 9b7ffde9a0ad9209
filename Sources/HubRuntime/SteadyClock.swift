/// A clock that nobody sets.
package enum SteadyClock {
    /// Seconds since the program looked first, sleep of the machine included.
    package static let seconds: @Sendable () -> Int64 = { [start = ContinuousClock.now] in
        (ContinuousClock.now - start).components.seconds
    }
}
