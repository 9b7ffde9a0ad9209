internal import Artifact

/// What the hub keeps of artifacts in.
package enum ArtifactFormat: String, Sendable, Codable, CaseIterable {
    /// `.mender` files.
    case mender
    /// fwup's `.fw` archives (docs/protocols/device-link.md 18).
    case fwup
    /// Any file, with what its uploader says of it.
    case raw
}

/// What devices of the live link are told of firmware, and choose by.
package struct Firmware: Sendable, Codable, Equatable {
    /// ``ArtifactFormat/fwup`` or ``ArtifactFormat/raw``.
    package var format: ArtifactFormat
    /// Identity, UUID in lower case: made from the content.
    package var uuid: String
    package var product: String
    package var version: String
    package var platform: String
    package var architecture: String
    package var author: String?
    package var description: String?
    package var vcsIdentifier: String?
    package var misc: String?
    /// Whether it is made of patches, which fit certain firmware only.
    package var isDelta = false

    /// Whether the same is said of the same content, but for texts.
    func isSame(_ other: Firmware) -> Bool {
        (uuid, product, version) == (other.uuid, other.product, other.version)
            && (platform, architecture) == (other.platform, other.architecture)
    }

    /// The release it belongs to.
    package var name: String { "\(product)-\(version)" }
    /// What a device must have beside its platform, as artifacts say it.
    package var depends: [String: [String]] { ["architecture": [architecture], "product": [product]] }
}

/// What the uploader of a raw file says of it, since the file itself does not.
package struct RawFirmware: Sendable, Equatable {
    package var product: String
    package var version: String
    package var platform: String
    package var architecture: String

    /// - Throws: ``UpdatesError/invalid(_:)`` for a value that is empty, longer than 255 bytes or not plain text.
    package init(product: String, version: String, platform: String, architecture: String) throws(UpdatesError) {
        (self.product, self.version) = (product, version)
        (self.platform, self.architecture) = (platform, architecture)
        for (name, value) in [
            ("product", product), ("version", version), ("platform", platform), ("architecture", architecture),
        ] where !FirmwareDescription.isValue(value) {
            throw .invalid("\(name) must have 1 to 255 bytes without control characters")
        }
    }
}

extension Firmware {
    init(_ content: FirmwareDescription) {
        self.init(
            format: .fwup, uuid: content.uuid, product: content.product, version: content.version,
            platform: content.platform, architecture: content.architecture, author: content.author,
            description: content.description, vcsIdentifier: content.vcsIdentifier, misc: content.misc,
            isDelta: content.isDelta)
    }

    /// - Parameters:
    ///   - digest: SHA-256 of the file.
    ///   - description: the operator's text.
    init(_ raw: RawFirmware, digest: [UInt8], description: String) {
        self.init(
            format: .raw, uuid: FirmwareUUID.of(sha256: digest), product: raw.product, version: raw.version,
            platform: raw.platform, architecture: raw.architecture,
            description: description.isEmpty ? nil : description)
    }
}
