internal import Encoding
package import Filters
internal import Journal
package import Store
internal import Wire

extension Inventory {
    /// Everything known of a device.
    ///
    /// - Throws: ``DevicesError/unknownDevice(_:)``.
    package func inventory(of deviceID: String) async throws -> DeviceInventory {
        try await store.read { [self] db in
            guard try records.device(deviceID, in: db) != nil else { throw DevicesError.unknownDevice(deviceID) }
            let identity = try identities.identity(ofDevice: deviceID, in: db)?.id
            var computed = ComputedAttributes(deviceID: deviceID, in: db)
            return try computed.inventory(identityID: identity)
        }
    }

    /// Part of the devices that a query finds, with everything known of them.
    ///
    /// - Parameters:
    ///   - offset: devices before this part.
    ///   - limit: at most this many.
    /// - Throws: ``InventoryError/tooManySearches``, ``InventoryError/searchTooCostly``.
    package func inventory(_ query: InventoryQuery, offset: Int, limit: Int) async throws -> InventoryPage {
        try await search(query.filter) { db in
            let found = try InventorySearch(query).run(in: db)
            let devices = try found.dropFirst(offset).prefix(limit).map { candidate in
                var computed = ComputedAttributes(deviceID: candidate.deviceID, in: db)
                return try computed.inventory(identityID: candidate.identityID)
            }
            return InventoryPage(devices: devices, total: found.count)
        }
    }

    /// IDs of all devices a filter means, by ID.
    ///
    /// - Parameter onlyIdentified: whether devices that do not speak the update protocol are left out.
    package func devices(matching filter: InventoryFilter, onlyIdentified: Bool = true) async throws -> [String] {
        try await search(filter) { [self] db in
            try devices(matching: filter, onlyIdentified: onlyIdentified, in: db)
        }
    }

    /// As ``devices(matching:onlyIdentified:)``, inside of a transaction.
    package func devices(
        matching filter: InventoryFilter, onlyIdentified: Bool = true, in db: Database
    ) throws -> [String] {
        var query = InventoryQuery()
        query.filter = filter
        query.onlyIdentified = onlyIdentified
        return try InventorySearch(query).run(in: db).map(\.deviceID)
    }

    /// Whether a filter means this device; costs one look-up for each attribute it names. A device whose values would
    /// keep the filter's patterns busy for long is not meant.
    package func matches(deviceID: String, _ filter: InventoryFilter, in db: Database) throws -> Bool {
        var computed = ComputedAttributes(deviceID: deviceID, in: db)
        var budget = PatternBudget.device
        do {
            return try filter.matches(within: &budget) { key in try computed.value(key) }
        } catch is PatternBudgetSpent {
            return false
        }
    }

    /// The text a device reported of itself under a name; `nil` when there is none, or something else than text.
    package func reportedText(_ name: String, of deviceID: String, in db: Database) throws -> String? {
        guard case .string(let text)? = try AttributeStore.value(AttributeKey(.inventory, name), of: deviceID, in: db)
        else { return nil }
        return text
    }

    /// Approved devices that reported something of themselves under a name, by ID.
    package func approvedDevices(reporting name: String, in db: Database) throws -> [String] {
        try AttributeStore.approvedDevices(with: AttributeKey(.inventory, name), in: db)
    }

    /// Names of attributes in use with the number of devices that have them, the most frequent first.
    ///
    /// - Parameter limit: at most this many.
    package func attributeNames(limit: Int) async throws -> [(key: AttributeKey, count: Int)] {
        try await store.read { db in try AttributeStore.names(limit: limit, in: db) }
    }
}
