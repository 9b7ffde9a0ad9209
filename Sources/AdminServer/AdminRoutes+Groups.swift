internal import AdminAPI
internal import HubHTTP
internal import Hummingbird
internal import Registry
internal import Wire

extension AdminRoutes {
    /// Groups of devices, whatever protocol they speak.
    func addGroups(to group: RouterGroup<HubContext>) {
        group.get("groups") { _, _ in
            try JSONBody.encode(
                AdminPage(items: try await registry.devices.groups().map { AdminGroup($0) }, after: nil))
        }
        group.post("groups") { request, context in
            let asked = try await JSONBody.decode(AdminGroup.self, from: request)
            let filter = try Self.filter(asked.filter ?? [])
            try await registry.devices.addGroup(asked.name, filter: filter, by: context.peer.requester)
            return try JSONBody.encode(try await view(asked.name), status: .created)
        }
        group.get("groups/:name") { _, context in try JSONBody.encode(try await view(context.pathParameter("name"))) }
        group.delete("groups/:name") { _, context in
            let name = try context.pathParameter("name")
            guard try await registry.devices.deleteGroup(name, by: context.peer.requester) != nil else {
                throw InventoryError.unknownGroup(name)
            }
            return Response(status: .noContent)
        }
        addMembers(to: group)
    }

    private func addMembers(to group: RouterGroup<HubContext>) {
        group.get("groups/:name/devices") { request, context in
            let paging = try Paging(request)
            let offset = Int(max(0, try paging.number() ?? 0))
            let name = try context.pathParameter("name")
            _ = try await registry.devices.group(name)
            let found = try await registry.devices.members(
                ofGroup: name, onlyIdentified: false, offset: offset, limit: paging.limit)
            let end = offset + found.members.count
            return try JSONBody.encode(
                AdminPage(
                    items: found.members.map { AdminGroupMember(deviceID: $0.deviceID, identityID: $0.identityID) },
                    after: end < found.total ? "\(end)" : nil))
        }
        group.post("groups/:name/devices") { request, context in
            let name = try context.pathParameter("name")
            let asked = try await JSONBody.decode(AdminGroupMembers.self, from: request)
            // A mistyped ID is told, instead of being passed over.
            for id in asked.devices { _ = try await registry.devices.device(id) }
            try await registry.devices.addToGroup(name, asked.devices, by: context.peer.requester)
            return try JSONBody.encode(try await view(name))
        }
        group.delete("groups/:name/devices/:id") { _, context in
            let name = try context.pathParameter("name")
            let id = try context.pathParameter("id")
            guard try await registry.devices.removeFromGroup(name, [id], by: context.peer.requester) > 0 else {
                throw InventoryError.notInGroup(name)
            }
            return Response(status: .noContent)
        }
    }

    private func view(_ name: String) async throws -> AdminGroup {
        var view = AdminGroup(try await registry.devices.group(name))
        view.members = try await registry.devices.members(ofGroup: name, onlyIdentified: false, offset: 0, limit: 0)
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
