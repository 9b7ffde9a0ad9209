package import Wire

/// One thing known of a device (docs/protocols/mender.md 12.3).
package struct InventoryAttribute: Sendable, Equatable {
    package let scope: InventoryScope
    package let name: String
    package let value: AttributeValue
    package let description: String?
    /// When it became so, Unix seconds.
    package let at: Int64
}

/// Everything known of a device.
package struct DeviceInventory: Sendable, Equatable {
    package let deviceID: String
    /// Its UUID in the update protocol; `nil` for a device that does not speak it.
    package let identityID: String?
    /// Last report or change, Unix seconds.
    package let updatedAt: Int64
    /// By scope and name.
    package let attributes: [InventoryAttribute]
    /// Name of the present tags, for conditional requests: hexadecimal, no quotes.
    package let tagsTag: String
}

/// Why something about inventory or groups was refused.
package enum InventoryError: Error, Equatable, Sendable {
    /// More than ``InventoryLimits/attributes`` in the scope.
    case tooManyAttributes
    /// More bytes in the scope than are kept.
    case tooLarge
    /// More tags than may be, or one that is not text.
    case invalidTags(reason: String)
    /// What the caller has seen of the tags has changed.
    case tagsChanged
    /// The device has no identity in the update protocol, or there is no such one.
    case unknownIdentity(String)
    /// Not the name of a group.
    case invalidGroup
    /// No group of that name.
    case unknownGroup(String)
    /// A group of that name exists.
    case groupExists(String)
    /// Its members follow from its filter.
    case groupIsDynamic(String)
    /// The device is not in that group.
    case notInGroup(String)
    /// A filter can't be used.
    case invalidFilter(reason: String)
    /// As many dynamic groups as may be.
    case tooManyGroups(limit: Int)
    /// As many searches with regular expressions wait as may.
    case tooManySearches
    /// The regular expressions would take too long over all devices.
    case searchTooCostly
}

/// Bounds of what is kept of a device (docs/protocols/mender.md 6, 12.3).
package enum InventoryLimits {
    /// Attributes of the scope `inventory`.
    package static let attributes = 100
    package static let tags = 20
    /// Bytes of all attributes of one scope, names included: as much as one report may bring.
    package static let bytes = 1 << 20
    package static let dynamicGroups = 1000
    /// A report that changes nothing is written down at most this often, in seconds.
    package static let reportSeconds: Int64 = 3600
}
