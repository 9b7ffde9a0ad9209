internal import AdminAPI
internal import Administration
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import Presence
internal import Secrets
internal import Wire

extension AdminRoutes {
    func addDevices(to group: RouterGroup<HubContext>) {
        group.serve(DeviceEndpoints.list) { request in
            let paging = try Paging(request.query)
            if request.query.invalidIDs { return try await invalidIDs(paging) }
            let state = try request.query.state.map { word in
                guard let state = DeviceState(rawValue: word) else {
                    throw AdminError.badRequest(
                        "state must be one of \(DeviceState.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return state
            }
            let devices = try await devices.devices(state: state, after: paging.after, limit: paging.limit)
            return AdminPage(
                items: try await views(of: devices, state: state),
                after: devices.count == paging.limit ? devices.last?.id : nil)
        }
        group.serve(DeviceEndpoints.show) { request in
            let id = request.parameters
            var view = try await view(ofDevice: id)
            view.inventory = try await inventory.inventory(of: id).attributes.filter { $0.scope != .identity }
                .map { AdminAttribute($0) }
            view.reported = AdminDeviceReport(try await health.facts(of: id))
            view.updates = try await updateView(ofDevice: id)
            view.links = presence.links(of: DeviceID(view.deviceID)).map { AdminLink($0) }
            return view
        }
        group.serve(DeviceEndpoints.approve) { request in
            let approval = try await request.body()
            if approval.onLink == true, approval.secret == nil, approval.fingerprint == nil {
                try await linkKeys.approve(request.parameters, by: request.requester)
            } else {
                try await admission.approve(
                    request.parameters, by: try Self.proof(approval), for: request.requester)
            }
            return try await view(ofDevice: request.parameters)
        }
        group.serve(DeviceEndpoints.reject) { request in
            try await issuer.reject(deviceID: request.parameters, by: request.requester)
            return try await view(ofDevice: request.parameters)
        }
        group.serve(DeviceEndpoints.remove) { request in
            try await issuer.remove(deviceID: request.parameters, by: request.requester)
        }
    }

    /// IDs of devices, and of secrets whose device has not come yet, that could be no new device's.
    private func invalidIDs(_ paging: Paging) async throws -> AdminPage<AdminDevice> {
        let found = try await devices.invalidIDs(after: paging.after, limit: paging.limit)
        var items: [AdminDevice] = []
        for invalid in found {
            var view =
                if invalid.isDevice {
                    try await view(ofDevice: invalid.id)
                } else {
                    AdminDevice(
                        deviceID: invalid.id, state: "expected",
                        ou: try await secrets.secret(listing: invalid.id).ou, firstSeen: "", lastSeen: "")
                }
            view.idProblem = invalid.problem.message
            items.append(view)
        }
        return AdminPage(items: items, after: found.count == paging.limit ? found.last?.id : nil)
    }

    /// How often a device asked is of interest, and known, only while it waits.
    private func views(of devices: [Device], state: DeviceState?) async throws -> [AdminDevice] {
        let known = try await identities.identities(ofDevices: devices.map(\.id))
        let links = try await linkKeys.identities(ofDevices: devices.map(\.id))
        let sightings = state == .pending ? try await self.devices.sightings(of: devices.map(\.id)) : nil
        return devices.map { device in
            var view = AdminDevice(device, known[DeviceID(device.id)])
            view.linkIdentity = links[DeviceID(device.id)].map { AdminLinkIdentity($0) }
            if let sightings { view.timesAsked = sightings[DeviceID(device.id)] ?? 1 }
            return view
        }
    }

    var admission: DeviceAdmission {
        DeviceAdmission(issuer: issuer, devices: devices, identities: identities, secrets: secrets)
    }

    /// What an approval says it rests on.
    private static func proof(_ approval: AdminApproval) throws -> DeviceAdmission.Proof {
        switch (approval.secret, approval.fingerprint, approval.onLink ?? false) {
        case (let secret?, nil, false): .secret(Array(secret.utf8), validUntil: approval.validUntil ?? "")
        case (nil, let fingerprint?, false): .fingerprint(fingerprint)
        default: throw AdminError.badRequest("give either secret, fingerprint or onLink")
        }
    }
}

extension AdminDevice {
    init(_ device: Device, _ identity: DeviceIdentity? = nil) {
        self.init(
            deviceID: device.id, state: device.state.rawValue, ou: device.ou,
            firstSeen: RFC3339.text(device.firstSeen), lastSeen: RFC3339.text(device.lastSeen))
        deviceType = device.deviceType
        address = device.address
        mac = device.mac
        fingerprint = device.fingerprint
        serial = device.serial
        notAfter = device.notAfter.map(RFC3339.text)
        otherKeys = device.otherKeys > 0 ? device.otherKeys : nil
        self.identity = identity.map { AdminIdentity($0) }
    }
}

extension AdminAttribute {
    init(_ attribute: InventoryAttribute) {
        self.init(
            scope: attribute.scope.rawValue, name: attribute.name, value: attribute.value.json,
            since: RFC3339.text(attribute.at))
    }
}
