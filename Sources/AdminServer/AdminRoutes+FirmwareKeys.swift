internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Updates

extension AdminRoutes {
    /// Keys of those who sign firmware.
    func addFirmwareKeys(to group: RouterGroup<HubContext>) {
        group.serve(FirmwareKeyEndpoints.list) { _ in
            AdminPage(items: try await artifacts.firmwareKeys().map(AdminFirmwareKey.init), after: nil)
        }
        group.serve(FirmwareKeyEndpoints.add) { request in
            let body = try await request.body()
            guard let purpose = FirmwareKeyPurpose(rawValue: body.purpose ?? FirmwareKeyPurpose.firmware.rawValue)
            else { throw AdminError.badRequest("purpose is firmware or archive") }
            return AdminFirmwareKey(
                try await artifacts.addFirmwareKey(
                    body.name, Array(body.key.utf8), for: purpose, by: request.requester))
        }
        group.serve(FirmwareKeyEndpoints.remove) { request in
            try await artifacts.removeFirmwareKey(request.parameters, by: request.requester)
        }
    }
}

extension AdminFirmwareKey {
    init(_ record: FirmwareKeyRecord) {
        self.init(
            name: record.name, key: record.text, purpose: record.purpose.rawValue,
            createdAt: RFC3339.text(record.createdAt))
    }
}

extension AdminFirmware {
    init(_ firmware: Firmware) {
        self.init(
            uuid: firmware.uuid, product: firmware.product, version: firmware.version, platform: firmware.platform,
            architecture: firmware.architecture, author: firmware.author, description: firmware.description,
            vcsIdentifier: firmware.vcsIdentifier, misc: firmware.misc, isDelta: firmware.isDelta)
    }
}

extension RawFirmware {
    init(_ raw: AdminRawFirmware) throws(UpdatesError) {
        try self.init(
            product: raw.product, version: raw.version, platform: raw.platform, architecture: raw.architecture)
    }
}
