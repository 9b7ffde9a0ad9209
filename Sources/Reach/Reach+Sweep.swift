internal import Journal

extension Reach: Sweepable {
    package func sweep() async throws {
        try await removeEndedTunnelTokens()
    }
}
