internal import Encoding
package import Journal
internal import PKI
internal import Store
package import Wire

extension Inventory {
    /// Replaces what a device reported of itself; other scopes stay (docs/protocols/mender.md 6).
    ///
    /// A report that says what the last one said costs one look-up, and is written down once in
    /// ``InventoryLimits/reportSeconds``.
    /// - Throws: ``InventoryError/tooManyAttributes``, ``InventoryError/tooLarge``.
    package func replaceInventory(_ report: InventoryReport, of deviceID: String) async throws {
        let attributes = report.latest()
        guard attributes.count <= InventoryLimits.attributes else { throw InventoryError.tooManyAttributes }
        let digest = SHA256.hash(InventoryReport(attributes).canonical())
        let last = try await store.lookUp { db in try AttributeStore.report(of: deviceID, in: db) }
        let seconds = now()
        if let last, last.digest == digest, (0..<InventoryLimits.reportSeconds).contains(seconds - last.at) { return }
        try await store.write { db in
            if try AttributeStore.report(of: deviceID, in: db)?.digest != digest {
                try Self.save(attributes, .inventory, of: deviceID, replacing: true, at: seconds, in: db)
            }
            try AttributeStore.setReport(digest, at: seconds, of: deviceID, in: db)
        }
    }

    /// Adds to what a device reported of itself, or overwrites it, by name.
    ///
    /// - Parameters:
    ///   - names: of what it says no more.
    ///   - mayWrite: asked once, before anything is written; what is refused is left as it was.
    /// - Throws: ``InventoryError/tooManyAttributes``, ``InventoryError/tooLarge``.
    package func mergeInventory(
        _ report: InventoryReport, removing names: [String] = [], of deviceID: String,
        mayWrite: () -> Bool = { true }
    ) async throws {
        let attributes = report.latest()
        guard attributes.count <= InventoryLimits.attributes else { throw InventoryError.tooManyAttributes }
        let seconds = now()
        if try await isKnown(attributes, removing: names, of: deviceID, at: seconds) { return }
        guard mayWrite() else { return }
        try await store.write { db in
            let changed = try Self.save(
                attributes, .inventory, of: deviceID, replacing: false, removing: names, at: seconds, in: db)
            let digest = changed ? nil : try AttributeStore.report(of: deviceID, in: db)?.digest
            try AttributeStore.setReport(digest, at: seconds, of: deviceID, in: db)
        }
    }

    /// Whether a partial report says nothing new and the last one was written down not long ago.
    private func isKnown(
        _ attributes: [InventoryReport.Attribute], removing names: [String], of deviceID: String, at seconds: Int64
    ) async throws -> Bool {
        try await store.lookUp { db in
            guard let last = try AttributeStore.report(of: deviceID, in: db),
                (0..<InventoryLimits.reportSeconds).contains(seconds - last.at)
            else { return false }
            let present = try AttributeStore.all(of: deviceID, scope: .inventory, in: db)
            return attributes.allSatisfy { attribute in present.contains { $0.says(attribute) } }
                && !names.contains { name in present.contains { $0.name.utf8.elementsEqual(name.utf8) } }
        }
    }

    static func remove(of deviceID: String, in db: Database) throws {
        try AttributeStore.removeAll(of: deviceID, in: db)
        try GroupStore.remove(deviceID, in: db)
    }

    /// Forgets what a device reported, its tags and its group.
    package func removeInventory(of deviceID: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            try Self.remove(of: deviceID, in: db)
            try journal.audit("inventory.remove", deviceID, by: requester, in: db)
        }
    }

    /// Writes a device's tags.
    ///
    /// - Parameters:
    ///   - replacing: whether tags that are not named go.
    ///   - tag: what the caller has seen (``DeviceInventory/tagsTag``); `nil` when that does not matter.
    /// - Throws: ``InventoryError/invalidTags(reason:)``, ``InventoryError/tagsChanged``,
    ///   ``DevicesError/unknownDevice(_:)``.
    package func setTags(
        _ tags: InventoryReport, of deviceID: String, replacing: Bool, ifMatch tag: String?, by requester: Requester
    ) async throws {
        let attributes = tags.latest()
        for attribute in attributes {
            guard case .string = attribute.value else {
                throw InventoryError.invalidTags(reason: "a tag's value is a string")
            }
        }
        guard attributes.count <= InventoryLimits.tags else { throw Self.tooManyTags }
        try await store.write { [self] db in
            guard try records.device(deviceID, in: db) != nil else { throw DevicesError.unknownDevice(deviceID) }
            let present = try AttributeStore.all(of: deviceID, scope: .tags, in: db)
            if let tag, tag != Self.tagsTag(present) { throw InventoryError.tagsChanged }
            do {
                let changed = try Self.save(
                    attributes, .tags, of: deviceID, replacing: replacing, at: now(), in: db)
                guard changed else { return }
            } catch InventoryError.tooManyAttributes {
                throw Self.tooManyTags
            }
            try journal.audit("device.tags", deviceID, by: requester, detail: ["tags": "\(attributes.count)"], in: db)
        }
    }

    private static var tooManyTags: InventoryError {
        .invalidTags(reason: "a device has at most \(InventoryLimits.tags) tags")
    }

    /// Name of these tags' content.
    static func tagsTag(_ tags: [InventoryAttribute]) -> String {
        let report = InventoryReport(
            tags.map { InventoryReport.Attribute(name: $0.name, value: $0.value, description: $0.description) })
        return Hex.encode(Array(SHA256.hash(report.canonical()).prefix(16)))
    }

    /// Writes what differs, so that a report of a hundred attributes of which one changed costs one row.
    ///
    /// - Returns: whether anything did.
    @discardableResult
    private static func save(
        _ attributes: [InventoryReport.Attribute], _ scope: InventoryScope, of deviceID: String, replacing: Bool,
        removing names: [String] = [], at seconds: Int64, in db: Database
    ) throws -> Bool {
        var present: [[UInt8]: InventoryAttribute] = [:]
        for attribute in try AttributeStore.all(of: deviceID, scope: scope, in: db) {
            present[Array(attribute.name.utf8)] = attribute
        }
        var kept = replacing ? [:] : present
        for name in names { kept[Array(name.utf8)] = nil }
        var isChanged = false
        for attribute in attributes {
            let name = Array(attribute.name.utf8)
            let new = InventoryAttribute(
                scope: scope, name: attribute.name, value: attribute.value, description: attribute.description,
                at: seconds)
            kept[name] = new
            if let known = present[name], known.says(attribute) { continue }
            try AttributeStore.save(new, of: deviceID, in: db)
            isChanged = true
        }
        guard kept.count <= (scope == .tags ? InventoryLimits.tags : InventoryLimits.attributes) else {
            throw InventoryError.tooManyAttributes
        }
        guard kept.values.reduce(0, { $0 + $1.size }) <= InventoryLimits.bytes else { throw InventoryError.tooLarge }
        for (name, attribute) in present where kept[name] == nil {
            try AttributeStore.remove(attribute.name, scope: scope, of: deviceID, in: db)
            isChanged = true
        }
        return isChanged
    }
}

extension InventoryAttribute {
    /// Whether a report says the same, byte by byte: texts that look alike to Unicode are two.
    fileprivate func says(_ attribute: InventoryReport.Attribute) -> Bool {
        name.utf8.elementsEqual(attribute.name.utf8) && value.json.encoded() == attribute.value.json.encoded()
            && description.map { Array($0.utf8) } == attribute.description.map { Array($0.utf8) }
    }

    /// Bytes it takes, roughly.
    fileprivate var size: Int {
        name.utf8.count + (description?.utf8.count ?? 0) + value.json.encoded().count
    }
}
