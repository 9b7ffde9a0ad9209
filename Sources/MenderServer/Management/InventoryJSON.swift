internal import Devices
internal import Encoding
internal import Filters
internal import Wire

extension DeviceInventory {
    /// The device as listings show it (docs/protocols/mender.md 12.3).
    ///
    /// - Parameter wanted: attributes to show; `nil` for all.
    func write(_ wanted: Set<AttributeKey>? = nil, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", identityID ?? "")
            writer.member("updated_ts", RFC3339.text(updatedAt))
            writer.name("attributes")
            writer.array { writer in
                for attribute in attributes
                where wanted?.contains(AttributeKey(attribute.scope, attribute.name)) ?? true {
                    attribute.write(to: &writer)
                }
            }
        }
    }
}

extension InventoryAttribute {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name)
            writer.name("value")
            value.json.write(to: &writer)
            writer.member("scope", scope.rawValue)
            if let description { writer.member("description", description) }
            writer.member("timestamp", RFC3339.text(at))
        }
    }
}
