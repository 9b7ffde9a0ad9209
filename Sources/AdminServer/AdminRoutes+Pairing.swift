internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Registry

extension AdminRoutes {
    func addPairing(to group: RouterGroup<HubContext>) {
        group.get("pairing") { _, _ in
            try JSONBody.encode(view(of: try await registry.devices.pairingWindow()))
        }
        group.post("pairing") { request, context in
            let asked = try await JSONBody.decode(AdminPairingRequest.self, from: request)
            let window = try await registry.devices.openPairing(
                NewPairingWindow(
                    minutes: asked.minutes, deviceType: asked.deviceType, limit: asked.limit,
                    approves: asked.approve ?? false), by: context.peer.requester)
            return try JSONBody.encode(view(of: window), status: .created)
        }
        group.delete("pairing") { _, context in
            try await registry.devices.closePairing(by: context.peer.requester)
            return Response(status: .noContent)
        }
    }

    private func view(of window: PairingWindow?) -> AdminPairing {
        var view = AdminPairing(isOpen: window != nil, isRequired: registry.devices.limits.windowRequired)
        guard let window else { return view }
        view.openedAt = RFC3339.text(window.openedAt)
        view.closesAt = RFC3339.text(window.closesAt)
        view.openedBy = window.openedBy
        view.deviceType = window.deviceType
        view.limit = window.limit
        view.used = window.used
        view.approves = window.approves
        return view
    }
}
