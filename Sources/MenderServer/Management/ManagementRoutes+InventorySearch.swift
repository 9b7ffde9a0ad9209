internal import Devices
internal import Encoding
internal import Filters
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Wire

extension ManagementRoutes {
    /// Searches over all devices (docs/protocols/mender.md 12.3).
    func addInventorySearch(to group: RouterGroup<HubContext>) {
        let group = group.group("v2/inventory")
        group.post("filters/search") { request, _ in
            let search = try SearchRequest(try await MenderBody.json(request))
            let found = try await inventory.inventory(
                search.query, offset: search.page.offset, limit: search.page.perPage)
            return MenderBody.answer(headers: [.totalCount: "\(found.total)"]) { writer in
                writer.array { writer in found.devices.forEach { $0.write(search.attributes, to: &writer) } }
            }
        }
        group.get("filters/attributes") { _, _ in
            let names = try await inventory.attributeNames(limit: 500)
            return MenderBody.answer { writer in
                writer.array { writer in
                    for (key, count) in names {
                        writer.object { writer in
                            writer.member("name", key.name)
                            writer.member("scope", key.scope.rawValue)
                            writer.member("count", Int64(count))
                        }
                    }
                }
            }
        }
        group.get("statistics") { _, _ in
            let counts = try await identities.deviceStatistics()
            return MenderBody.answer { writer in Self.write(statistics: counts, to: &writer) }
        }
    }

    private static func write(statistics counts: [String: [String: Int]], to writer: inout JSONWriter) {
        writer.object { writer in
            writer.name("devices_by_status")
            writer.object { writer in
                let states = Set(["accepted", "pending"]).union(counts.keys).sorted()
                for status in states {
                    writer.name(status)
                    writer.object { writer in
                        for tier in ["standard", "micro", "system"] {
                            writer.member(tier, Int64(counts[status]?[tier] ?? 0))
                        }
                    }
                }
            }
        }
    }
}

/// The body of a search.
private struct SearchRequest {
    let page: PageRequest
    let query: InventoryQuery
    /// Attributes to show; `nil` for all.
    let attributes: Set<AttributeKey>?

    /// - Throws: 400.
    init(_ body: JSONValue) throws {
        guard body.members != nil else { throw MenderError.badRequest("the body is not a JSON object") }
        page = try PageRequest(page: try Self.number("page", of: body), perPage: try Self.number("per_page", of: body))
        var query = InventoryQuery()
        do {
            query.filter = try Self.list("filters", of: body).map { try InventoryFilter(.array($0)) } ?? .all
        } catch let error as InventoryFilterError {
            throw MenderError.badRequest("\(error)")
        }
        let sort = try Self.list("sort", of: body) ?? []
        guard sort.count <= 10 else { throw MenderError.badRequest("too many attributes to sort by") }
        query.order = try sort.map { element in
            let direction = element["order"]?.string ?? "asc"
            guard direction == "asc" || direction == "desc" else {
                throw MenderError.badRequest("the order is neither asc nor desc")
            }
            return InventoryQuery.Order(try Self.key(element), isDescending: direction == "desc")
        }
        query.identityIDs = try Self.list("device_ids", of: body).map { try Self.strings($0, "device_ids") }
        if let text = body["text"]?.string, !text.isEmpty {
            guard text.unicodeScalars.count <= 256 else { throw MenderError.badRequest("text is too long") }
            query.text = text
        }
        self.query = query
        attributes = try Self.list("attributes", of: body).map { Set(try $0.map(Self.key)) }
    }

    private static func number(_ name: String, of body: JSONValue) throws -> Int64? {
        guard let value = body[name], value != .null else { return nil }
        guard let number = value.integer else { throw MenderError.badRequest("\(name) must be a number") }
        return number
    }

    private static func list(_ name: String, of body: JSONValue) throws -> [JSONValue]? {
        guard let value = body[name], value != .null else { return nil }
        guard let elements = value.array else { throw MenderError.badRequest("\(name) must be an array") }
        return elements
    }

    private static func strings(_ elements: [JSONValue], _ name: String) throws -> [String] {
        try elements.map { element in
            guard let text = element.string else { throw MenderError.badRequest("\(name) must hold strings") }
            return text
        }
    }

    private static func key(_ element: JSONValue) throws -> AttributeKey {
        guard let scope = InventoryScope(rawValue: element["scope"]?.string ?? "") else {
            throw MenderError.badRequest("\(InventoryFilterError.unknownScope)")
        }
        guard let name = element["attribute"]?.string, !name.isEmpty else {
            throw MenderError.badRequest("\(InventoryFilterError.badName)")
        }
        return AttributeKey(scope, name)
    }
}
