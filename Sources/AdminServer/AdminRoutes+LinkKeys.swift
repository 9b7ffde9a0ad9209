internal import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal

/// Shared secrets of the device link.
extension AdminRoutes {
    func addLinkKeys(to group: RouterGroup<HubContext>) {
        group.serve(LinkKeyEndpoints.list) { request in
            let paging = try Paging(request.query)
            let keys = try await linkKeys.keys(after: paging.after, limit: paging.limit)
            return AdminPage(
                items: keys.map { AdminLinkKey($0) }, after: keys.count == paging.limit ? keys.last?.key : nil)
        }
        group.serve(LinkKeyEndpoints.add) { request in
            let made = try await linkKeys.add(try Self.newKey(try await request.body()), by: request.requester)
            var view = AdminLinkKey(made.key)
            view.secret = made.secret
            return view
        }
        group.serve(LinkKeyEndpoints.revoke) { request in
            guard request.parameters.utf8.count >= LinkKey.prefixLength else {
                throw AdminError.badRequest("give the key, or its first \(LinkKey.prefixLength) characters or more")
            }
            return AdminLinkKey(try await linkKeys.revoke(request.parameters, by: request.requester))
        }
    }

    private static func newKey(_ body: AdminNewLinkKey) throws -> NewLinkKey {
        let owner: LinkKeyOwner
        switch (body.product, body.deviceID) {
        case (let product?, nil): owner = .product(product)
        case (nil, let id?): owner = .device(id)
        default: throw AdminError.badRequest("give either product or deviceID")
        }
        var given: NewLinkKey.Given?
        switch (body.key, body.secret) {
        case (nil, nil): break
        case (let key?, let secret?): given = .init(key: key, secret: secret)
        default: throw AdminError.badRequest("give key and secret together, or neither")
        }
        return NewLinkKey(
            owner, name: body.name ?? "", requiresApproval: body.requiresApproval ?? false, given: given)
    }
}

extension AdminLinkKey {
    init(_ key: LinkKey) {
        self.init(
            key: key.key, requiresApproval: key.requiresApproval, createdAt: RFC3339.text(key.createdAt),
            createdBy: key.createdBy)
        switch key.owner {
        case .product(let product): self.product = product
        case .device(let id): deviceID = id
        }
        name = key.name.isEmpty ? nil : key.name
        revokedAt = key.revokedAt.map(RFC3339.text)
        lastUsedAt = key.lastUsedAt.map(RFC3339.text)
    }
}

extension AdminLinkIdentity {
    init(_ identity: LinkIdentity) {
        self.init(
            product: identity.product, key: String(identity.key.prefix(12)), since: RFC3339.text(identity.createdAt),
            connectedAt: identity.connectedAt.map(RFC3339.text))
    }
}
