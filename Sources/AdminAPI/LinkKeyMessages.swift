/// A shared secret of the device link.
package struct AdminLinkKey: Codable, Sendable {
    /// What devices name it by: `nhp_…` of a product, `nhd_…` of a device.
    package var key: String
    /// Only in the answer that makes it.
    package var secret: String?
    /// The product whose devices have it.
    package var product: String?
    /// The one device that has it.
    package var deviceID: String?
    /// What it is for.
    package var name: String?
    /// Whether devices that come with it for the first time wait for the operator.
    package var requiresApproval: Bool
    package var createdAt: String
    package var createdBy: String
    package var revokedAt: String?
    /// When a device last came in with it, to a quarter of an hour.
    package var lastUsedAt: String?

    package init(key: String, requiresApproval: Bool, createdAt: String, createdBy: String) {
        self.key = key
        self.requiresApproval = requiresApproval
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// A link key that is to be made: of a product or of a device.
package struct AdminNewLinkKey: Codable, Sendable {
    package var product: String?
    package var deviceID: String?
    package var name: String?
    package var requiresApproval: Bool?
    /// Key and secret that devices have already; absent for fresh ones.
    package var key: String?
    package var secret: String?

    package init(product: String? = nil, deviceID: String? = nil, name: String? = nil) {
        self.product = product
        self.deviceID = deviceID
        self.name = name
    }
}

/// How a device stands on the device link: which product's key it first came with.
package struct AdminLinkIdentity: Codable, Sendable {
    package var product: String
    /// The beginning of that key.
    package var key: String
    /// When it first came.
    package var since: String
    /// When it was first let in; absent before.
    package var connectedAt: String?

    package init(product: String, key: String, since: String, connectedAt: String?) {
        self.product = product
        self.key = key
        self.since = since
        self.connectedAt = connectedAt
    }
}
