internal import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird

extension AdminRoutes {
    func addPairing(to group: RouterGroup<HubContext>) {
        group.serve(PairingEndpoints.show) { _ in view(of: try await pairingWindows.current()) }
        group.serve(PairingEndpoints.open) { request in
            let wish = try await request.body()
            let window = try await pairingWindows.open(
                NewPairingWindow(
                    minutes: wish.minutes, deviceType: wish.deviceType, limit: wish.limit,
                    approves: wish.approve ?? false), by: request.requester)
            return view(of: window)
        }
        group.serve(PairingEndpoints.close) { request in try await pairingWindows.close(by: request.requester) }
    }

    private func view(of window: PairingWindow?) -> AdminPairing {
        var view = AdminPairing(isOpen: window != nil, isRequired: devices.limits.windowRequired)
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
