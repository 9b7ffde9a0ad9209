internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import NIOCore
internal import People
internal import PKI
internal import Wire

extension ManagementRoutes {
    /// Devices and their keys (docs/protocols/mender.md 12.2).
    func addDevices(to group: RouterGroup<HubContext>) {
        let group = group.group("v2/devauth")
        group.get("devices") { request, _ in
            let query = try QueryItems(request)
            let page = try PageRequest(request)
            return try await list(try Self.statuses(query.all("status")), query.all("id"), page)
        }
        group.post("devices/search") { request, _ in
            let body = try await MenderBody.json(request)
            let statuses = try Self.statuses(Self.texts(body["status"]))
            return try await list(statuses, Self.texts(body["id"]), try PageRequest(request))
        }
        group.get("devices/count") { request, _ in
            let statuses = try Self.statuses(try QueryItems(request).all("status"))
            let count = try await identities.identityCount(status: statuses.words, keyless: statuses.keyless)
            return MenderBody.answer { writer in writer.object { $0.member("count", Int64(count)) } }
        }
        group.get("devices/:id") { _, context in
            let identity = try await identity(context)
            return MenderBody.answer { writer in Self.write(identity, to: &writer) }
        }
        group.get("limits/max_devices") { _, _ in
            MenderBody.answer { writer in
                writer.object { $0.member("limit", Int64(identities.acceptedLimit)) }
            }
        }
        group.get("devices/:id/auth/:aid/status") { _, context in
            let identity = try await identity(context)
            let id = try context.pathParameter("aid").lowercased()
            guard let set = identity.authSets.first(where: { $0.id == id }) else { throw Self.unknownDevice }
            return MenderBody.answer { writer in
                writer.object { $0.member("status", identity.status(of: set).rawValue) }
            }
        }
        addDeviceChanges(to: group.needing(.operator))
    }

    private func addDeviceChanges(to group: RouterGroup<HubContext>) {
        group.post("devices", use: preauthorize)
        group.delete("devices/:id") { _, context in
            try await issuer.decommission(try context.identityID(), by: context.requester)
            return Response(status: .noContent)
        }
        group.put("devices/:id/auth/:aid/status") { request, context in
            let body = try await MenderBody.json(request)
            guard let status = body["status"]?.string.flatMap(AuthSetStatus.init), status != .preauthorized else {
                throw MenderError.badRequest("status must be accepted, rejected or pending")
            }
            try await issuer.decide(
                try context.identityID(), authSet: try context.pathParameter("aid").lowercased(), status,
                by: context.requester)
            return Response(status: .noContent)
        }
        group.delete("devices/:id/auth/:aid") { _, context in
            try await identities.removeAuthSet(
                try context.pathParameter("aid").lowercased(), of: try context.identityID(),
                by: context.requester)
            return Response(status: .noContent)
        }
        group.delete("tokens/:jti") { _, context in
            try await identities.revokeToken(
                ofAuthSet: try context.pathParameter("jti").lowercased(), by: context.requester)
            return Response(status: .noContent)
        }
    }

    private func preauthorize(_ request: Request, _ context: HubContext) async throws -> Response {
        let body = try await MenderBody.json(request, limits: JSONLimits(bytes: DeviceAuthentication.limit))
        guard let pem = body["pubkey"]?.string else { throw MenderError.badRequest("pubkey must be given") }
        let key = try DeviceAuthenticationRoute.key(pem)
        let data: String
        do {
            data = try DeviceAuthentication.canonicalIdentity((body["identity_data"] ?? .null).encoded())
        } catch {
            throw MenderError.badRequest("identity_data must be an object with at least one member")
        }
        do {
            let id = try await identities.preauthorize(
                data, publicKey: key, force: body["force"]?.bool ?? false, by: context.requester)
            return Response(status: .created, headers: [.location: "devices/\(id)"])
        } catch IdentityError.exists(let identity) {
            return MenderBody.answer(.conflict) { writer in Self.write(identity, to: &writer) }
        }
    }

    private func list(_ statuses: Statuses, _ ids: [String], _ page: PageRequest) async throws -> Response {
        // One more than the page tells whether another follows.
        let identities = try await identities.identities(
            status: statuses.words, keyless: statuses.keyless, ids: ids.map { $0.lowercased() }, offset: page.offset,
            limit: page.perPage + 1)
        let shown = identities.prefix(page.perPage)
        return MenderBody.answer(headers: page.headers(hasMore: identities.count > shown.count)) { writer in
            writer.array { writer in shown.forEach { Self.write($0, to: &writer) } }
        }
    }

    private func identity(_ context: HubContext) async throws -> DeviceIdentity {
        guard let identity = try await identities.identity(try context.identityID()) else {
            throw Self.unknownDevice
        }
        return identity
    }

    static var unknownDevice: MenderError { .notFound("device not found") }

    /// The states a query names; `noauth` is that of a device without keys.
    private typealias Statuses = (words: [AuthSetStatus], keyless: Bool)

    private static func statuses(_ words: [String]) throws -> Statuses {
        let words = words.filter { !$0.isEmpty }
        let statuses = try words.filter { $0 != AuthSetStatus.withoutKeys }.map { word in
            guard let status = AuthSetStatus(rawValue: word) else {
                throw MenderError.badRequest("status must be accepted, pending, rejected, preauthorized or noauth")
            }
            return status
        }
        return (statuses, statuses.count < words.count)
    }

    private static func texts(_ value: JSONValue?) -> [String] {
        value?.array?.compactMap(\.string) ?? value?.string.map { [$0] } ?? []
    }

    /// One device with its keys.
    private static func write(_ identity: DeviceIdentity, to writer: inout JSONWriter) {
        let data = (try? JSONValue(parsing: Array(identity.data.utf8))) ?? .object([])
        writer.object { writer in
            writer.member("id", identity.id)
            writer.name("identity_data")
            data.write(to: &writer)
            writer.member("status", identity.status?.rawValue ?? AuthSetStatus.withoutKeys)
            writer.member("tier", identity.tier)
            writer.member("created_ts", RFC3339.text(identity.createdAt))
            writer.member("updated_ts", RFC3339.text(identity.updatedAt))
            if let time = identity.checkedInAt { writer.member("check_in_time", RFC3339.text(time)) }
            writer.member("decommissioning", false)
            writer.name("auth_sets")
            writer.array { writer in
                for set in identity.authSets {
                    writer.object { writer in
                        writer.member("id", set.id)
                        writer.name("identity_data")
                        data.write(to: &writer)
                        writer.member("pubkey", set.publicKey)
                        writer.member("status", identity.status(of: set).rawValue)
                        writer.member("ts", RFC3339.text(set.createdAt))
                    }
                }
            }
        }
    }
}

extension HubContext {
    /// The device a path names by its UUID, in the hub's spelling.
    func identityID(_ name: String = "id") throws -> String {
        try pathParameter(name).lowercased()
    }
}
