/// How long an end has held others back by taking nothing, in seconds. Those in which it took something make up for
/// others: a slow line stays, and an end that takes a little now and then does not.
struct StallCount: Equatable {
    /// Seconds without anything taken, less those with.
    private(set) var seconds = 0
    /// Bytes that had left for it when the second began.
    private var taken = 0

    init() {}

    /// A second is over.
    ///
    /// - Parameters:
    ///   - isBlocking: whether others wait for it.
    ///   - taken: bytes that have left for it so far.
    mutating func tick(isBlocking: Bool, taken: Int) {
        defer { self.taken = taken }
        seconds = isBlocking && taken <= self.taken ? seconds + 1 : max(0, seconds - 1)
    }
}
