internal import Devices
internal import Encoding
internal import Journal
internal import PKI
internal import Store

/// The authority a download link carries by itself: for whom, what, until when, and
/// an HMAC over it. No token is in it.
package struct DownloadLink: Sendable, Equatable {
    /// The artifact, or the deployment of a configuration.
    package let subject: String
    /// The device's record; empty for a link made for an operator.
    package let deviceID: String
    /// The device's key it was made for: it ends with it; empty for an operator.
    package let keyID: String
    /// Unix seconds.
    package let expiresAt: Int64
    /// Base64url.
    package let signature: String

    /// A link as it came back.
    package init(subject: String, deviceID: String, keyID: String, expiresAt: Int64, signature: String) {
        self.subject = subject
        self.deviceID = deviceID
        self.keyID = keyID
        self.expiresAt = expiresAt
        self.signature = signature
    }
}

extension Updates {
    /// A fresh link.
    ///
    /// - Parameters:
    ///   - deviceID: the device's record; empty for an operator.
    ///   - keyID: the key its token belongs to; empty for an operator.
    ///   - seconds: how long it counts.
    package func link(to subject: String, for deviceID: String, key keyID: String, seconds: Int64) -> DownloadLink {
        let expiresAt = now() + seconds
        return DownloadLink(
            subject: subject, deviceID: deviceID, keyID: keyID, expiresAt: expiresAt,
            signature: Base64URL.encode(tag(subject, deviceID, keyID, expiresAt)))
    }

    /// Whether a link was made here, has not ended, and its device is still admitted with the same key. One that lasts
    /// longer than any link was made while the clock was ahead: the device asks for another.
    ///
    /// - Parameter artifact: the artifact it leads to, which must still be one that the device's type may have; `nil`
    ///   for what needs no release.
    package func isGood(_ link: DownloadLink, artifact: String? = nil) async throws -> Bool {
        let expected = tag(link.subject, link.deviceID, link.keyID, link.expiresAt)
        guard link.signature.utf8.count <= 64, let given = Base64URL.decode(link.signature),
            constantTimeEqual(given, expected), link.expiresAt > now(),
            link.expiresAt - now() <= max(limits.linkSeconds, Self.operatorLinkSeconds) + ClockKeeper.tolerance
        else { return false }
        guard !link.deviceID.isEmpty else { return true }
        guard try await identities.isAccepted(authSet: link.keyID, ofDevice: link.deviceID) else { return false }
        guard let artifact, releases != nil else { return true }
        return try await journal.store.lookUp { [self] db in
            guard let artifact = try artifacts.find(artifact, in: db) else { return true }
            return try mayHave(artifact, device: link.deviceID, in: db)
        }
    }

    /// Whether a device may have an artifact, by all that is known of its type.
    func mayHave(_ artifact: StoredArtifact, device deviceID: String, in db: Database) throws -> Bool {
        guard releases != nil else { return true }
        let reported = try InstallationStore.open(deviceID, in: db)?.deviceType
        let types = [reported, try devices.device(deviceID, in: db)?.deviceType].compactMap { $0 }
        let known = types.filter { !$0.isEmpty }
        // Nobody knows its type once its deployment has ended: then every type that the file is made for counts.
        return try (known.isEmpty ? artifact.deviceTypes : known).allSatisfy {
            try mayHave(artifact, type: $0, in: db)
        }
    }

    /// How long a link for an operator counts, in seconds.
    package static let operatorLinkSeconds: Int64 = 900

    private func tag(_ subject: String, _ deviceID: String, _ keyID: String, _ expiresAt: Int64) -> [UInt8] {
        HMACSHA256.authenticate(
            Array("\(subject.utf8.count) \(subject)\n\(deviceID.utf8.count) \(deviceID)\n\(keyID)\n\(expiresAt)".utf8),
            key: linkKey)
    }
}
