internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Updates

extension AdminRoutes {
    /// Archives that devices are given beside their firmware.
    func addArchives(to group: RouterGroup<HubContext>) {
        group.serve(ArchiveEndpoints.list) { _ in
            AdminPage(items: try await updates.archives().map(AdminArchive.init), after: nil)
        }
        group.serve(ArchiveEndpoints.add) { request in
            let wish = try await request.body()
            let target = try Archive.Target(wish)
            return AdminArchive(
                try await updates.addArchive(wish.artifact.lowercased(), for: target, by: request.requester))
        }
        group.serve(ArchiveEndpoints.remove) { request in
            try await updates.removeArchive(request.parameters.lowercased(), by: request.requester)
        }
    }
}

extension Archive.Target {
    /// - Throws: ``AdminError/badRequest(_:)``, `InventoryError.invalidFilter`.
    init(_ wish: AdminNewArchive) throws {
        let targets: [Archive.Target] = [
            wish.devices.map { .devices($0) }, wish.group.map { .group($0) },
            try wish.filter.map { .filter(try NewDeployment.text(ofFilter: $0)) }, wish.all == true ? .allDevices : nil,
        ].compactMap(\.self)
        guard targets.count == 1 else {
            throw AdminError.badRequest("set exactly one of devices, group, filter or all")
        }
        self = targets[0]
    }
}

extension AdminArchive {
    init(_ archive: Archive) {
        let (artifact, firmware) = (archive.artifact, archive.artifact.firmware)
        self.init(
            id: artifact.id, uuid: firmware?.uuid ?? "", product: firmware?.product ?? "",
            version: firmware?.version ?? "", platform: firmware?.platform ?? "",
            architecture: firmware?.architecture ?? "", size: artifact.size, description: firmware?.description,
            addedAt: RFC3339.text(archive.addedAt), target: "all")
        switch archive.target {
        case .allDevices: break
        case .devices(let ids): (target, devices) = ("devices", ids)
        case .group(let name): (target, group) = ("group", name)
        case .filter(let text): (target, filter) = ("filter", try? JSONValue(parsing: Array(text.utf8)))
        }
    }
}
