import Devices
import HTTPTypes
import HubHTTP
internal import Journal
import PKI
internal import RecordTestSupport
internal import Rooms
internal import RouteTestSupport

/// Devices of the update protocol that call the hub with their tokens.
struct DeviceFleet: Sendable {
    struct Member: Sendable {
        /// UUID in the update protocol.
        let id: String
        /// Record of the hub.
        let deviceID: String
        let token: String
    }

    /// A device that should be there.
    private struct Missing: Error {
        let identity: String
    }

    let rooms: Rooms
    let devices: RouteClient

    init(_ client: ManagementClient) {
        rooms = client.rooms
        devices = client.rig.network
    }

    /// A device whose key the operator accepted.
    func join(_ identity: String, tier: String = "standard") async throws -> Member {
        let request = AuthenticationRequest(
            identity: identity, publicKey: try PrivateKey.makeP256().publicKey, tier: tier, certifiedDeviceID: nil,
            address: "192.0.2.7")
        _ = try await rooms.identities.authenticate(request)
        let waiting = try await rooms.identities.identities(status: [.pending], ids: [], offset: 0, limit: 1000)
        guard let found = waiting.first(where: { $0.data == identity }), let set = found.authSets.first else {
            throw Missing(identity: identity)
        }
        try await rooms.identities.decide(found.id, authSet: set.id, .accepted, by: .hub)
        guard let token = try await rooms.identities.authenticate(request) else { throw Missing(identity: identity) }
        return Member(id: found.id, deviceID: found.deviceID, token: token)
    }

    /// A device that waits for the operator.
    func ask(_ identity: String) async throws {
        _ = try await rooms.identities.authenticate(
            AuthenticationRequest(
                identity: identity, publicKey: try PrivateKey.makeP256().publicKey, tier: "micro",
                certifiedDeviceID: nil, address: "192.0.2.8"))
    }

    /// Sends attributes as a device.
    @discardableResult
    func report(
        _ member: Member, _ body: String, _ method: HTTPRequest.Method = .put
    ) async throws -> RouteClient.Answer {
        try await send(method, "inventory/device/attributes", body, as: member)
    }

    /// Sends a request as a device; the path goes on behind `/api/devices/v1/`.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", as member: Member
    ) async throws -> RouteClient.Answer {
        try await devices.send(
            method, "/api/devices/v1/" + path, body: Array(body.utf8),
            headers: [.authorization: "Bearer \(member.token)"])
    }
}
