package import Filters
internal import Wire

/// What is searched for (docs/protocols/mender.md 12.3).
package struct InventoryQuery: Sendable {
    /// An attribute to sort by.
    package struct Order: Sendable {
        /// The attribute; devices without it come last.
        package let key: AttributeKey
        /// Whether the largest comes first.
        package let isDescending: Bool

        /// One order.
        package init(_ key: AttributeKey, isDescending: Bool) {
            self.key = key
            self.isDescending = isDescending
        }
    }

    package var filter = InventoryFilter.all
    /// Text that occurs in any reported attribute, tag or identity; `nil` for no such condition.
    package var text: String?
    /// Only devices of these UUIDs; `nil` for no such condition.
    package var identityIDs: [String]?
    /// Only devices that are in a chosen group, or only ones that are not; `nil` for no such condition.
    package var hasGroup: Bool?
    /// Whether devices that do not speak the update protocol are left out.
    package var onlyIdentified = true
    /// First order first; without one, by device ID.
    package var order: [Order] = []

    /// All devices that speak the update protocol.
    package init() {}
}

/// Part of what was found.
package struct InventoryPage: Sendable {
    /// In order.
    package let devices: [DeviceInventory]
    /// How many there are in all.
    package let total: Int
}
