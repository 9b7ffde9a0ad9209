internal import AdminAPI
internal import Devices
internal import Filters
internal import HubHTTP
internal import Hummingbird
internal import Wire

extension AdminRoutes {
    /// Groups of devices, whatever protocol they speak.
    func addGroups(to group: RouterGroup<HubContext>) {
        group.serve(GroupEndpoints.list) { _ in
            AdminPage(items: try await inventory.groups().map { AdminGroup($0) }, after: nil)
        }
        group.serve(GroupEndpoints.add) { asked in
            let new = try await asked.body()
            let filter = try Self.filter(new.filter ?? [])
            try await inventory.addGroup(new.name, filter: filter, by: asked.requester)
            return try await view(new.name)
        }
        group.serve(GroupEndpoints.show) { asked in try await view(asked.parameters) }
        group.serve(GroupEndpoints.remove) { asked in
            guard try await inventory.deleteGroup(asked.parameters, by: asked.requester) != nil else {
                throw InventoryError.unknownGroup(asked.parameters)
            }
        }
        addMembers(to: group)
    }

    private func addMembers(to group: RouterGroup<HubContext>) {
        group.serve(GroupEndpoints.members) { asked in
            let paging = try Paging(asked.query)
            let offset = Int(max(0, try paging.number() ?? 0))
            let name = asked.parameters
            _ = try await inventory.group(name)
            let found = try await inventory.members(
                ofGroup: name, onlyIdentified: false, offset: offset, limit: paging.limit)
            let end = offset + found.members.count
            return AdminPage(
                items: found.members.map { AdminGroupMember(deviceID: $0.deviceID, identityID: $0.identityID) },
                after: end < found.total ? "\(end)" : nil)
        }
        group.serve(GroupEndpoints.addMembers) { asked in
            let name = asked.parameters
            let ids = try await asked.body().devices
            // A mistyped ID is told, instead of being passed over.
            for id in ids { _ = try await devices.device(id) }
            try await inventory.addToGroup(name, ids, by: asked.requester)
            return try await view(name)
        }
        group.serve(GroupEndpoints.removeMember) { asked in
            let (name, id) = (asked.parameters.group, asked.parameters.device)
            guard try await inventory.removeFromGroup(name, [id], by: asked.requester) > 0 else {
                throw InventoryError.notInGroup(name)
            }
        }
    }

    private func view(_ name: String) async throws -> AdminGroup {
        var view = AdminGroup(try await inventory.group(name))
        view.members = try await inventory.members(ofGroup: name, onlyIdentified: false, offset: 0, limit: 0)
            .total
        return view
    }

    private static func filter(_ terms: [String]) throws -> InventoryFilter {
        do {
            return try InventoryFilter(terms.map { text in try InventoryFilter.Term(text: text) })
        } catch let error as InventoryFilterError {
            throw InventoryError.invalidFilter(reason: "\(error)")
        }
    }
}

extension AdminGroup {
    init(_ group: DeviceGroup) {
        self.init(
            name: group.name, filter: group.filter?.terms.map(\.text),
            members: group.filter == nil ? group.members : nil)
    }
}
