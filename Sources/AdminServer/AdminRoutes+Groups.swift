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
        group.serve(GroupEndpoints.add) { request in
            let new = try await request.body()
            let filter = try Self.filter(new.filter ?? [])
            try await inventory.addGroup(new.name, filter: filter, by: request.requester)
            return try await view(new.name)
        }
        group.serve(GroupEndpoints.show) { request in try await view(request.parameters) }
        group.serve(GroupEndpoints.remove) { request in
            guard try await inventory.deleteGroup(request.parameters, by: request.requester) != nil else {
                throw InventoryError.unknownGroup(request.parameters)
            }
        }
        addMembers(to: group)
    }

    private func addMembers(to group: RouterGroup<HubContext>) {
        group.serve(GroupEndpoints.members) { request in
            let paging = try Paging(request.query)
            let offset = Int(max(0, try paging.number() ?? 0))
            let name = request.parameters
            _ = try await inventory.group(name)
            let found = try await inventory.members(
                ofGroup: name, onlyIdentified: false, offset: offset, limit: paging.limit)
            let end = offset + found.members.count
            return AdminPage(
                items: found.members.map { AdminGroupMember(deviceID: $0.deviceID, identityID: $0.identityID) },
                after: end < found.total ? "\(end)" : nil)
        }
        group.serve(GroupEndpoints.addMembers) { request in
            let name = request.parameters
            let ids = try await request.body().devices
            // A mistyped ID is told, instead of being passed over.
            for id in ids { _ = try await devices.device(id) }
            try await inventory.addToGroup(name, ids, by: request.requester)
            return try await view(name)
        }
        group.serve(GroupEndpoints.removeMember) { request in
            let (name, id) = (request.parameters.group, request.parameters.device)
            guard try await inventory.removeFromGroup(name, [id], by: request.requester) > 0 else {
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
