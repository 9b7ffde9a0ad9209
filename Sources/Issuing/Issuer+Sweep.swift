internal import Journal

extension Issuer: Sweepable {
    package func sweep() async throws {
        try await removeEndedCertificates()
    }
}
