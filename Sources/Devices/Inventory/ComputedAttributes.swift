internal import Encoding
internal import Filters
internal import Store
internal import Wire

/// Attributes of one device that are not stored as such: those of its identity, and what the hub knows by itself.
/// Looked up when first asked for.
struct ComputedAttributes {
    let deviceID: String
    private let db: Database
    private var computed: [InventoryAttribute]?

    init(deviceID: String, in db: Database) {
        self.deviceID = deviceID
        self.db = db
    }

    /// An attribute's value; `nil` when the device has none of that name.
    mutating func value(_ key: AttributeKey) throws -> AttributeValue? {
        switch key.scope {
        case .inventory, .tags, .monitor: return try AttributeStore.value(key, of: deviceID, in: db)
        case .system where key.name == "group":
            return try GroupStore.group(of: deviceID, in: db).map(AttributeValue.string)
        case .identity where key.name == "status":
            // Most searches ask for it, so it is worth a way of its own.
            return try standing().map { .string($0.status) }
        case .identity, .system:
            return try attributes().first { attribute in
                attribute.scope == key.scope && attribute.name.utf8.elementsEqual(key.name.utf8)
            }?.value
        }
    }

    /// Attributes of the scopes `identity` and `system`.
    mutating func attributes() throws -> [InventoryAttribute] {
        if let computed { return computed }
        guard let standing = try standing() else { return [] }
        let attributes = identity(standing) + (try system(standing))
        computed = attributes
        return attributes
    }

    /// The device's standing in the update protocol (docs/protocols/mender.md 5), by UUID, state and times.
    private func standing() throws -> Standing? {
        try db.first(
            """
            SELECT device.state, device.first_seen, identity.id, identity.data, identity.created_at,
                identity.updated_at, inventory.reported_at, \(InventoryStatus.sql)
            FROM device LEFT JOIN identity ON identity.device_id = device.id
            LEFT JOIN inventory ON inventory.device_id = device.id WHERE device.id = ?
            """, [deviceID]
        ) { row in
            Standing(
                status: InventoryStatus.text(row[7], state: row[0], isIdentified: (row[2] as String?) != nil),
                firstSeen: row[1], data: row[3], createdAt: row[4], updatedAt: row[5], reportedAt: row[6])
        }
    }

    /// What the rows of a device and its identity say; times in Unix seconds.
    private struct Standing {
        let status: String
        let firstSeen: Int64
        let data: String?
        let createdAt: Int64?
        let updatedAt: Int64?
        let reportedAt: Int64?
    }

    private func identity(_ standing: Standing) -> [InventoryAttribute] {
        let at = standing.updatedAt ?? standing.firstSeen
        var attributes = [
            InventoryAttribute(
                scope: .identity, name: "status",
                value: .string(standing.status),
                description: nil, at: at)
        ]
        guard let data = standing.data, let members = try? JSONValue(parsing: Array(data.utf8)).members else {
            return attributes
        }
        for member in members where member.name != "status" {
            let value = AttributeValue(member.value) ?? .string(AttributeStore.text(member.value))
            attributes.append(
                InventoryAttribute(scope: .identity, name: member.name, value: value, description: nil, at: at))
        }
        return attributes
    }

    private func system(_ standing: Standing) throws -> [InventoryAttribute] {
        let created = standing.createdAt ?? standing.firstSeen
        let updated = max(standing.reportedAt ?? created, standing.updatedAt ?? created)
        func attribute(_ name: String, _ text: String) -> InventoryAttribute {
            InventoryAttribute(scope: .system, name: name, value: .string(text), description: nil, at: updated)
        }
        var attributes = [
            attribute("created_ts", RFC3339.text(created)), attribute("deviceID", deviceID),
            attribute("updated_ts", RFC3339.text(updated)),
        ]
        if let group = try GroupStore.group(of: deviceID, in: db) { attributes.append(attribute("group", group)) }
        return attributes
    }

    mutating func inventory(identityID: String?) throws -> DeviceInventory {
        let stored = try AttributeStore.all(of: deviceID, scope: nil, in: db)
        let computed = try attributes()
        let updated = computed.first { $0.scope == .system }?.at ?? 0
        return DeviceInventory(
            deviceID: deviceID, identityID: identityID, updatedAt: updated,
            attributes: (stored + computed).sorted { ($0.scope.rawValue, $0.name) < ($1.scope.rawValue, $1.name) },
            tagsTag: Inventory.tagsTag(stored.filter { $0.scope == .tags }))
    }
}
