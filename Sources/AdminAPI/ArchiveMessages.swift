package import Encoding

/// An archive that devices are given beside their firmware.
package struct AdminArchive: Codable, Sendable {
    /// ID of its artifact.
    package var id: String
    /// Identity that devices know it by.
    package var uuid: String
    package var product: String
    package var version: String
    package var platform: String
    package var architecture: String
    /// Bytes.
    package var size: Int64
    /// What it says of itself.
    package var description: String?
    /// When it was offered.
    package var addedAt: String
    /// Whom it is for, of the devices with its platform and architecture: `devices`, `group`, `filter`, `all`.
    package var target: String
    /// IDs of the devices.
    package var devices: [String]?
    /// Name of the group.
    package var group: String?
    /// Terms of the filter, as JSON of searches.
    package var filter: JSONValue?

    package init(
        id: String, uuid: String, product: String, version: String, platform: String, architecture: String,
        size: Int64, description: String?, addedAt: String, target: String
    ) {
        (self.id, self.uuid, self.product, self.version) = (id, uuid, product, version)
        (self.platform, self.architecture) = (platform, architecture)
        (self.size, self.description, self.addedAt, self.target) = (size, description, addedAt, target)
    }
}

/// Offers an archive; exactly one of devices, group, filter and all says to whom.
package struct AdminNewArchive: Codable, Sendable {
    /// ID of an artifact that came as an archive.
    package var artifact: String
    /// IDs of devices, at most 1000.
    package var devices: [String]?
    package var group: String?
    /// Terms, all of which must hold.
    package var filter: [String]?
    package var all: Bool?

    package init(artifact: String) {
        self.artifact = artifact
    }
}
