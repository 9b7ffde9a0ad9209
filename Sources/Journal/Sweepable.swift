/// What holds rows or files that stop to count with time.
package protocol Sweepable: Sendable {
    /// Clears away what no longer counts; called every ten minutes.
    func sweep() async throws
}
