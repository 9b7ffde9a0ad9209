/// Groups of devices.
package enum GroupEndpoints {
    package static let list = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminGroup>>(.get, "groups")
    package static let add = AdminEndpoint<NoParameters, NoQuery, AdminGroup, AdminGroup>(
        .post, "groups", status: 201)
    package static let show = AdminEndpoint<String, NoQuery, NoContent, AdminGroup>(.get, "groups/{name}")
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "groups/{name}")

    package static let members = AdminEndpoint<String, PageQuery, NoContent, AdminPage<AdminGroupMember>>(
        .get, "groups/{name}/devices")
    package static let addMembers = AdminEndpoint<String, NoQuery, AdminGroupMembers, AdminGroup>(
        .post, "groups/{name}/devices")
    package static let removeMember = AdminEndpoint<GroupMemberPath, NoQuery, NoContent, NoContent>(
        .delete, "groups/{name}/devices/{id}")
}

package struct GroupMemberPath: PathParameters {
    package let group: String
    package let device: String

    package static let count = 2
    package var texts: [String] { [group, device] }

    package init(group: String, device: String) {
        self.group = group
        self.device = device
    }

    package init(reading next: () throws -> String) rethrows {
        group = try next()
        device = try next()
    }
}
