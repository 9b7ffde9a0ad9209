internal import Files
internal import PKI
internal import Updates

extension HubConfiguration {
    /// Bounds of artifacts with the publishers' keys read from their files.
    ///
    /// - Throws: ``HubError/badPublisherKey(file:reason:)``; a policy that wants signatures without a key would refuse
    ///   everything.
    func updatesLimits() throws -> UpdatesLimits {
        var limits = updates
        for file in publisherKeyFiles {
            do {
                limits.publishers.append(try PublicKey(pem: try SecureFile.read(file)))
            } catch {
                let reason = (error as? FileError).map { $0.description } ?? "it holds no PEM public key"
                throw HubError.badPublisherKey(file: file, reason: reason)
            }
        }
        guard !limits.wantsSignature || !limits.publishers.isEmpty else {
            throw HubError.badPublisherKey(
                file: "updates.publisherKeys", reason: "updates.signatureRequired needs at least one key")
        }
        return limits
    }
}
