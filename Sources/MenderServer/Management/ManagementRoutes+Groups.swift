internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import People

extension ManagementRoutes {
    /// Groups of devices (docs/protocols/mender.md 12.3). Dynamic ones are listed and read as well; their members can't
    /// be written.
    func addGroups(to group: RouterGroup<HubContext>) {
        addGroupOfDevice(to: group.group("v1/inventory/devices"))
        let group = group.group("v1/inventory/groups")
        group.get("") { _, _ in
            let groups = try await inventory.groups()
            return MenderBody.answer { writer in writer.array { writer in groups.forEach { writer.string($0.name) } } }
        }
        group.get(":name/devices") { request, context in
            let page = try PageRequest(request)
            let found = try await inventory.members(
                ofGroup: try context.pathParameter("name"), offset: page.offset, limit: page.perPage)
            return MenderBody.answer(headers: page.headers(total: found.total)) { writer in
                writer.array { writer in found.members.forEach { writer.string($0.identityID ?? "") } }
            }
        }
        let operators = group.needing(.operator)
        operators.delete(":name") { _, context in
            let count = try await inventory.deleteGroup(try context.pathParameter("name"), by: context.requester)
            return Self.counts(["updated_count": count ?? 0])
        }
        operators.patch(":name/devices") { request, context in
            let change = try await inventory.addToGroup(
                try context.pathParameter("name"), try await devices(request), by: context.requester)
            return Self.counts(["matched_count": change.matched, "updated_count": change.updated])
        }
        operators.delete(":name/devices") { request, context in
            let count = try await inventory.removeFromGroup(
                try context.pathParameter("name"), try await devices(request), by: context.requester)
            return Self.counts(["updated_count": count])
        }
    }

    private func addGroupOfDevice(to group: RouterGroup<HubContext>) {
        group.get(":id/group") { _, context in
            let name = try await inventory.group(of: try await deviceID(context))
            return MenderBody.answer { writer in writer.object { writer in writer.member("group", name ?? "") } }
        }
        let operators = group.needing(.operator)
        operators.put(":id/group") { request, context in
            let id = try await deviceID(context)
            guard let name = try await MenderBody.json(request)["group"]?.string else {
                throw MenderError.badRequest("group must be given")
            }
            try await inventory.addToGroup(name, [id], by: context.requester)
            return Response(status: .noContent)
        }
        operators.delete(":id/group/:name") { _, context in
            let name = try context.pathParameter("name")
            guard try await inventory.removeFromGroup(name, [try await deviceID(context)], by: context.requester) > 0
            else {
                throw InventoryError.notInGroup(name)
            }
            return Response(status: .noContent)
        }
    }

    /// The devices that a body names by their UUIDs.
    private func devices(_ request: Request) async throws -> [String] {
        let elements = try await MenderBody.json(request).array
        guard let elements, elements.allSatisfy({ $0.string != nil }) else {
            throw MenderError.badRequest("the body is not an array of device IDs")
        }
        return try await identities.deviceIDs(ofIdentities: elements.compactMap(\.string))
    }

    private static func counts(_ counts: KeyValuePairs<String, Int>) -> Response {
        MenderBody.answer { writer in
            writer.object { writer in
                for (name, count) in counts { writer.member(name, Int64(count)) }
            }
        }
    }
}
