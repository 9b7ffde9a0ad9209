/// How long a receiver that failed is left alone.
package enum WebhookBackOff {
    /// Longest pause in seconds, before chance.
    package static let longest: Int64 = 3600
    private static let first: Int64 = 5

    /// Seconds until the next try: 5, doubled with each failure up to an hour, and a fifth more or less by chance, so
    /// that receivers that failed together are not called together.
    ///
    /// - Parameters:
    ///   - failures: tries that failed in a row, 1 or more.
    ///   - chance: 0 to 1.
    package static func seconds(failures: Int, chance: Double) -> Int64 {
        let doublings = Int64(min(max(failures - 1, 0), 16))
        let pause = min(longest, first << doublings)
        return max(1, Int64((Double(pause) * (0.8 + 0.4 * min(max(chance, 0), 1))).rounded()))
    }
}
