internal import Devices
internal import Encoding
internal import Journal
internal import PKI
internal import Store

/// The authority a link to firmware carries by itself (docs/protocols/device-link.md 7.2): which firmware, for which
/// device, until when, and an HMAC over it.
package struct FirmwareLink: Sendable, Equatable {
    /// Of the firmware, lower case.
    package let uuid: String
    /// The device's record.
    package let deviceID: String
    /// Unix seconds.
    package let expiresAt: Int64
    /// Base64url.
    package let signature: String

    /// A link as it came back.
    package init(uuid: String, deviceID: String, expiresAt: Int64, signature: String) {
        self.uuid = uuid
        self.deviceID = deviceID
        self.expiresAt = expiresAt
        self.signature = signature
    }

    /// Path and query, to stand behind the origin that the device reaches the hub under.
    package var path: String {
        Self.path(uuid) + "?e=\(expiresAt)&d=\(PercentEncoding.encode(deviceID))&s=\(signature)"
    }

    static func path(_ uuid: String) -> String { "/fw/\(uuid).fw" }
}

extension Updates {
    /// A fresh link to firmware.
    ///
    /// - Parameters:
    ///   - uuid: of the firmware.
    ///   - deviceID: the device's record.
    ///   - seconds: how long it counts; `nil` for as long as any link.
    package func firmwareLink(to uuid: String, for deviceID: String, seconds: Int64? = nil) -> FirmwareLink {
        let expiresAt = now() + (seconds ?? limits.linkSeconds)
        return FirmwareLink(
            uuid: uuid, deviceID: deviceID, expiresAt: expiresAt,
            signature: Base64URL.encode(firmwareTag(uuid, deviceID, expiresAt)))
    }

    /// The firmware a link leads to; `nil` for a link that was not made here or has ended, for a device that is not
    /// approved, and for firmware that its type may not have or that is gone. One that lasts longer than any link was
    /// made while the clock was ahead.
    package func firmware(of link: FirmwareLink) async throws -> StoredArtifact? {
        let expected = firmwareTag(link.uuid, link.deviceID, link.expiresAt)
        guard link.signature.utf8.count <= 64, let given = Base64URL.decode(link.signature),
            constantTimeEqual(given, expected), link.expiresAt > now(),
            link.expiresAt - now() <= limits.linkSeconds + ClockKeeper.tolerance
        else { return nil }
        return try await journal.store.lookUp { [self] db in
            guard try devices.device(link.deviceID, in: db)?.state == .approved,
                let artifact = try Artifacts.firmware(link.uuid, in: db),
                try mayHave(artifact, device: link.deviceID, in: db)
            else { return nil }
            return artifact
        }
    }

    /// The path begins with a slash, and the text of other links with a number: none stands for the other.
    private func firmwareTag(_ uuid: String, _ deviceID: String, _ expiresAt: Int64) -> [UInt8] {
        HMACSHA256.authenticate(
            Array("\(FirmwareLink.path(uuid))|\(expiresAt)|\(deviceID)".utf8), key: linkKey)
    }
}
