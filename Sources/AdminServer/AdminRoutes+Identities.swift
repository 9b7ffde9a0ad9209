internal import AdminAPI
internal import Administration
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import PKI
internal import Wire

extension AdminRoutes {
    /// Devices by their keys of the update protocol. Refusing, revoking and removing one is the same for all protocols:
    /// see ``addDevices(to:)``.
    func addIdentities(to group: RouterGroup<HubContext>) {
        group.serve(DeviceEndpoints.preauthorize) { request in
            let wish = try await request.body()
            let id = try await admission.preauthorize(
                identity: wish.identity, publicKeyPEM: wish.publicKeyPEM, force: wish.force ?? false,
                by: request.requester)
            return try await view(ofDevice: id)
        }
        group.serve(DeviceEndpoints.accept) { request in
            let fingerprint = try await request.body().fingerprint
            try await admission.accept(request.parameters, fingerprint: fingerprint, by: request.requester)
            return try await view(ofDevice: request.parameters)
        }
    }

    /// A device with its keys.
    func view(ofDevice id: String) async throws -> AdminDevice {
        try await view(of: devices.device(id))
    }

    /// A device with its keys, where it has some.
    func view(of device: Device) async throws -> AdminDevice {
        var view = AdminDevice(device, try await identities.identity(ofDevice: device.id))
        view.linkIdentity = try await linkKeys.identities(ofDevices: [device.id])[DeviceID(device.id)]
            .map { AdminLinkIdentity($0) }
        return view
    }
}

extension AdminIdentity {
    init(_ identity: DeviceIdentity) {
        self.init(
            id: identity.id, data: (try? JSONValue(parsing: Array(identity.data.utf8))) ?? .object([]),
            status: identity.status?.rawValue ?? AuthSetStatus.withoutKeys,
            checkedInAt: identity.checkedInAt.map(RFC3339.text),
            keys: identity.authSets.map { set in
                AdminIdentityKey(
                    id: set.id, fingerprint: DeviceAdmission.fingerprint(of: set),
                    status: identity.status(of: set).rawValue, firstSeen: RFC3339.text(set.createdAt))
            })
    }
}
