internal import Journal

extension Devices: Sweepable {
    package func sweep() async throws {
        try await removeForgottenPending()
    }
}
