internal import AdminServer
internal import MenderServer
internal import Presence
internal import Journal
internal import WebSockets
internal import Wire

/// The devices' links as the admin API uses them.
struct LinkView: LinkHost {
    let links: DeviceLinks
    let presence: Presence

    var limits: WebSocketLimits { DeviceLinks.limits }

    func isConnected(_ deviceID: String) -> Bool { presence.standing(DeviceID(deviceID))?.isConnected == true }

    func serve(
        _ requester: Requester, on deviceID: String, over socket: WebSocket, isConsole: Bool,
        isAllowed: @escaping @Sendable () async -> Bool
    ) async throws {
        try await links.serve(
            LinkVisitor(id: requester.name, requester: requester), on: deviceID, over: socket,
            way: isConsole ? .other : .any, isAllowed: isAllowed)
    }
}
