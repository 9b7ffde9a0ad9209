internal import Journal

extension Secrets: Sweepable {
    package func sweep() async throws {
        try await removeExpiredSecrets()
        try await removeIdleGuesses()
    }
}
