internal import Devices
internal import Encoding
internal import Filters
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import People
internal import Wire

extension ManagementRoutes {
    /// Devices with what is known of them (docs/protocols/mender.md 12.3).
    func addInventory(to group: RouterGroup<HubContext>) {
        let group = group.group("v1/inventory/devices")
        group.get("") { request, _ in
            let page = try PageRequest(request, perPage: 10)
            let found = try await inventory.inventory(
                try InventoryQuery(request), offset: page.offset, limit: page.perPage)
            return MenderBody.answer(headers: page.headers(total: found.total)) { writer in
                writer.array { writer in found.devices.forEach { $0.write(to: &writer) } }
            }
        }
        group.get(":id") { _, context in
            let device = try await inventory.inventory(of: try await deviceID(context))
            return MenderBody.answer(headers: [.eTag: EntityTag.header(device.tagsTag)]) { writer in
                device.write(to: &writer)
            }
        }
        let operators = group.needing(.operator)
        operators.delete(":id") { _, context in
            do {
                try await inventory.removeInventory(of: try await deviceID(context), by: context.requester)
            } catch InventoryError.unknownIdentity {
                // What is not there needs no removal.
            }
            return Response(status: .noContent)
        }
        operators.put(":id/tags") { request, context in
            try await setTags(request, context, replacing: true)
        }
        operators.patch(":id/tags") { request, context in
            try await setTags(request, context, replacing: false)
        }
    }

    /// The record of the device that a path names by its UUID.
    ///
    /// - Throws: 404.
    func deviceID(_ context: HubContext) async throws -> String {
        try await identities.deviceID(ofIdentity: try context.pathParameter("id"))
    }

    private func setTags(_ request: Request, _ context: HubContext, replacing: Bool) async throws -> Response {
        let id = try await deviceID(context)
        try await inventory.setTags(
            try await MenderBody.inventory(request), of: id, replacing: replacing,
            ifMatch: EntityTag.expected(by: request), by: context.requester)
        return Response(status: .ok)
    }
}

extension InventoryQuery {
    /// Reads the query of a listing: `group`, `has_group`, `sort=attribute:asc`, and any other name as a filter.
    ///
    /// - Throws: 400.
    fileprivate init(_ request: Request) throws {
        self.init()
        var terms: [InventoryFilter.Term] = []
        for item in try QueryItems(request).items {
            switch item.name {
            case "page", "per_page": break
            case "sort": order.append(try Self.order(item.value))
            case "group": terms.append(.init(AttributeKey(.system, "group"), .equals(.string(item.value))))
            case "has_group":
                guard let wanted = Bool(item.value) else {
                    throw MenderError.badRequest("parameter \"has_group\" is neither true nor false")
                }
                hasGroup = wanted
            default:
                let value = item.value.hasPrefix("eq:") ? String(item.value.dropFirst(3)) : item.value
                terms.append(.init(Self.key(item.name), .anyOf(value)))
            }
        }
        guard order.count <= 10 else { throw MenderError.badRequest("too many attributes to sort by") }
        do {
            filter = try InventoryFilter(terms)
        } catch {
            throw MenderError.badRequest("\(error)")
        }
    }

    /// `scope/name`, or a name of the scope `inventory`.
    private static func key(_ text: String) -> AttributeKey {
        guard let slash = text.firstIndex(of: "/"), let scope = InventoryScope(rawValue: String(text[..<slash])) else {
            return AttributeKey(.inventory, text)
        }
        return AttributeKey(scope, String(text[text.index(after: slash)...]))
    }

    private static func order(_ text: String) throws -> Order {
        guard let colon = text.lastIndex(of: ":") else { return Order(key(text), isDescending: false) }
        let direction = text[text.index(after: colon)...]
        guard direction == "asc" || direction == "desc" else {
            throw MenderError.badRequest("the order is neither asc nor desc")
        }
        return Order(key(String(text[..<colon])), isDescending: direction == "desc")
    }
}
