/// What devices of the live link are told of firmware.
package struct AdminFirmware: Codable, Sendable {
    /// Identity, made from the content.
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
    package var isDelta: Bool

    package init(
        uuid: String, product: String, version: String, platform: String, architecture: String, author: String?,
        description: String?, vcsIdentifier: String?, misc: String?, isDelta: Bool
    ) {
        self.uuid = uuid
        self.product = product
        self.version = version
        self.platform = platform
        self.architecture = architecture
        self.author = author
        self.description = description
        self.vcsIdentifier = vcsIdentifier
        self.misc = misc
        self.isDelta = isDelta
    }
}

/// What is said of a raw file, 1 to 255 bytes each.
package struct AdminRawFirmware: Codable, Sendable {
    package var product: String
    package var version: String
    package var platform: String
    package var architecture: String

    package init(product: String, version: String, platform: String, architecture: String) {
        self.product = product
        self.version = version
        self.platform = platform
        self.architecture = architecture
    }
}

/// A public key that devices check what they fetch with.
package struct AdminFirmwareKey: Codable, Sendable {
    package var name: String
    /// The key, base64 of 32 bytes, with or without padding.
    package var key: String
    /// `firmware` or `archive`; `firmware` when it is not said.
    package var purpose: String?
    /// When it was added; never sent by a caller.
    package var createdAt: String?

    package init(name: String, key: String, purpose: String?, createdAt: String? = nil) {
        self.name = name
        self.key = key
        self.purpose = purpose
        self.createdAt = createdAt
    }
}
