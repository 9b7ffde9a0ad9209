package import Filters
package import Journal
package import Store
internal import Wire

/// What a change of many devices did.
package struct GroupChange: Sendable, Equatable {
    package let matched: Int
    /// Devices that it changed.
    package let updated: Int
}

extension Inventory {
    /// All groups, by name.
    package func groups() async throws -> [DeviceGroup] {
        try await store.read { db in try GroupStore.all(in: db) }
    }

    /// The group of that name.
    ///
    /// - Throws: ``InventoryError/unknownGroup(_:)``.
    package func group(_ name: String) async throws -> DeviceGroup {
        guard let group = try await groups().first(where: { $0.name == name }) else {
            throw InventoryError.unknownGroup(name)
        }
        return group
    }

    /// Whether there is a group of that name, of either kind.
    package func isGroup(_ name: String, in db: Database) throws -> Bool {
        try GroupStore.filter(of: name, in: db) != nil || GroupStore.isStatic(name, in: db)
    }

    /// The chosen group a device is in.
    package func group(of deviceID: String) async throws -> String? {
        try await store.read { db in try GroupStore.group(of: deviceID, in: db) }
    }

    /// What makes a device a member of a group of either kind; for a name nobody uses, a filter that no device meets.
    ///
    /// - Throws: ``InventoryError/invalidGroup`` for a name that is too long for any group.
    package func filter(ofGroup name: String, in db: Database) throws -> InventoryFilter {
        if let filter = try GroupStore.filter(of: name, in: db) { return filter }
        do {
            return try InventoryFilter([.init(AttributeKey(.system, "group"), .equals(.string(name)))])
        } catch {
            throw InventoryError.invalidGroup
        }
    }

    /// IDs of a group's members, by ID, whatever kind of group it is.
    package func devices(inGroup name: String, onlyIdentified: Bool = true) async throws -> [String] {
        let filter = try await store.lookUp { db in try self.filter(ofGroup: name, in: db) }
        return try await devices(matching: filter, onlyIdentified: onlyIdentified)
    }

    /// Part of a group's members.
    package func members(
        ofGroup name: String, onlyIdentified: Bool = true, offset: Int, limit: Int
    ) async throws -> (members: [(deviceID: String, identityID: String?)], total: Int) {
        var query = InventoryQuery()
        query.filter = try await store.lookUp { [self] db in try filter(ofGroup: name, in: db) }
        query.onlyIdentified = onlyIdentified
        let search = InventorySearch(query)
        return try await self.search(query.filter) { db in
            let found = try search.run(in: db)
            return (found.dropFirst(offset).prefix(limit).map { ($0.deviceID, $0.identityID) }, found.count)
        }
    }

    /// Makes a group whose members follow from a filter, evaluated whenever they are needed.
    ///
    /// - Throws: ``InventoryError/invalidGroup``, ``InventoryError/groupExists(_:)``,
    ///   ``InventoryError/tooManyGroups(limit:)``.
    package func addGroup(_ name: String, filter: InventoryFilter, by requester: Requester) async throws {
        guard GroupName.isValid(name) else { throw InventoryError.invalidGroup }
        guard !filter.terms.isEmpty else { throw InventoryError.invalidFilter(reason: "a filter needs a term") }
        try await store.write { [self] db in
            guard try !isGroup(name, in: db) else {
                throw InventoryError.groupExists(name)
            }
            guard try GroupStore.dynamicCount(in: db) < InventoryLimits.dynamicGroups else {
                throw InventoryError.tooManyGroups(limit: InventoryLimits.dynamicGroups)
            }
            try GroupStore.insert(name, filter, in: db)
            try journal.audit(
                "group.create", name, by: requester, detail: ["filter": AttributeStore.text(filter.json)], in: db)
        }
    }

    /// Puts devices into a chosen group; each leaves the one it is in. Devices nobody knows are passed over.
    ///
    /// - Throws: ``InventoryError/invalidGroup``, ``InventoryError/groupIsDynamic(_:)``.
    @discardableResult
    package func addToGroup(
        _ name: String, _ deviceIDs: [String], by requester: Requester
    ) async throws -> GroupChange {
        guard GroupName.isValid(name) else { throw InventoryError.invalidGroup }
        return try await store.write { [self] db in
            guard try GroupStore.filter(of: name, in: db) == nil else { throw InventoryError.groupIsDynamic(name) }
            var (matched, updated) = (0, 0)
            for id in Set(deviceIDs.map { DeviceID($0) }).map(\.text) where try records.device(id, in: db) != nil {
                matched += 1
                if try GroupStore.put(id, in: name, in: db) { updated += 1 }
            }
            if updated > 0 { try noteChange("group.add", name, of: deviceIDs, updated, by: requester, in: db) }
            return GroupChange(matched: matched, updated: updated)
        }
    }

    /// Takes devices out of a chosen group.
    ///
    /// - Returns: how many were in it.
    /// - Throws: ``InventoryError/groupIsDynamic(_:)``.
    @discardableResult
    package func removeFromGroup(_ name: String, _ deviceIDs: [String], by requester: Requester) async throws -> Int {
        try await store.write { [self] db in
            guard try GroupStore.filter(of: name, in: db) == nil else { throw InventoryError.groupIsDynamic(name) }
            var updated = 0
            for id in Set(deviceIDs.map { DeviceID($0) }).map(\.text)
            where try GroupStore.remove(id, from: name, in: db) { updated += 1 }
            if updated > 0 { try noteChange("group.remove", name, of: deviceIDs, updated, by: requester, in: db) }
            return updated
        }
    }

    /// Deletes a group of either kind; the devices stay.
    ///
    /// - Returns: how many members a chosen group had; `nil` when there was no group of that name.
    package func deleteGroup(_ name: String, by requester: Requester) async throws -> Int? {
        try await store.write { [self] db in
            let isDynamic = try GroupStore.removeDynamic(name, in: db)
            let members = try GroupStore.removeAll(from: name, in: db)
            guard isDynamic || members > 0 else { return nil }
            try journal.audit("group.delete", name, by: requester, detail: ["members": "\(members)"], in: db)
            return members
        }
    }

    /// One event for all devices of a change; a single one is named.
    private func noteChange(
        _ action: String, _ name: String, of deviceIDs: [String], _ count: Int, by requester: Requester,
        in db: Database
    ) throws {
        let detail: KeyValuePairs = deviceIDs.count == 1 ? ["device": deviceIDs[0]] : ["devices": "\(count)"]
        try journal.audit(action, name, by: requester, detail: detail, in: db)
    }
}
