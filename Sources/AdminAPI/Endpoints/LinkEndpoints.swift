/// Live links of devices, and what is done over them.
package enum LinkEndpoints {
    package static let list = AdminEndpoint<NoParameters, LinkQuery, NoContent, AdminPage<AdminLink>>(.get, "links")
    package static let events = AdminEndpoint<NoParameters, LinkEventQuery, NoContent, AdminLinkEvents>(
        .get, "links/events")
    /// Those of one device.
    package static let ofDevice = AdminEndpoint<String, NoQuery, NoContent, AdminPage<AdminLink>>(
        .get, "devices/{id}/links")
    package static let disconnect = AdminEndpoint<String, NoQuery, NoContent, NoContent>(
        .post, "devices/{id}/disconnect")
    package static let reboot = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.post, "devices/{id}/reboot")
    package static let identify = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.post, "devices/{id}/identify")
    package static let script = AdminEndpoint<String, NoQuery, AdminScript, AdminScriptResult>(
        .post, "devices/{id}/script")
}

package struct LinkQuery: PagedQuery {
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] { [] }

    package init() {}
}

package struct LinkEventQuery: EndpointQuery {
    /// Events behind this number; absent: only the newest number is answered.
    package var after: NumberText<Int>?

    package static var fields: [QueryField<Self>] { [.number("after", \.after)] }

    package init() {}

    package init(after: Int) { self.after = NumberText(after) }
}
