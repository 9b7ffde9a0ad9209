internal import Encoding
import HTTPTypes
import HubHTTP
internal import JournalTestSupport
import PKI
internal import RouteTestSupport
import Testing
internal import Wire

/// A device of the update protocol that speaks over HTTP, with a key and an identity of its own.
final class UpdateDevice {
    let key: PrivateKey
    let identity: String
    let network: RouteClient
    var peer = Peer(address: "192.0.2.7")
    var token = ""

    static let authentication = "/api/devices/v1/authentication/auth_requests"

    /// - Parameter identity: JSON text.
    init(_ client: ManagementClient, _ identity: String, key: PrivateKey? = nil) throws {
        self.key = try key ?? PrivateKey.makeP256()
        self.identity = identity
        network = client.rig.network
        // Devices and keys are listed by their age in seconds: in tests each has its own.
        client.rig.clock.advance(by: 1)
    }

    /// The body of a request for a token, as the vendor's client writes it.
    var request: [UInt8] {
        let body = JSONValue.object([
            .init("id_data", .string(identity)), .init("tenant_token", .string("")),
            .init("pubkey", .string(key.publicKey.pem())),
        ])
        return body.encoded() + [0x0A]
    }

    /// Asks for a token and keeps it.
    @discardableResult
    func authenticate() async throws -> RouteClient.Answer {
        let answer = try await Self.ask(network, request, signedBy: key, as: peer)
        if answer.status == .ok { token = answer.text }
        return answer
    }

    static func ask(
        _ network: RouteClient, _ body: [UInt8], signedBy key: PrivateKey, headers: HTTPFields = [:],
        as peer: Peer = Peer(address: "192.0.2.7")
    ) async throws -> RouteClient.Answer {
        var headers = headers
        headers[try #require(HTTPField.Name("X-MEN-Signature"))] = Base64.encode(try key.sign(body))
        return try await network.send(.post, authentication, body: body, headers: headers, as: peer)
    }

    /// Sends a request with the token; the path goes on behind `/api/devices/`.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", headers: HTTPFields = [:]
    ) async throws -> RouteClient.Answer {
        var headers = headers
        headers[.authorization] = "Bearer \(token)"
        return try await network.send(
            method, "/api/devices/" + path, body: Array(body.utf8), headers: headers, as: peer)
    }

    /// Whether the token counts.
    func isIn() async throws -> Bool {
        try await send(.get, "v1/deployments/device/deployments/next?artifact_name=a&device_type=qemu").status
            != .unauthorized
    }

    /// Asks for something to install; the instructions.
    @discardableResult
    func next(
        _ name: String = "rel-0", type: String = "qemu", map: Bool = true
    ) async throws -> RouteClient.Answer {
        try await send(
            .post, "v2/deployments/device/deployments/next",
            #"{"device_provides":{"artifact_name":"\#(name)","device_type":"\#(type)"},"update_control_map":\#(map)}"#)
    }

    /// Asks how the hold points of a deployment stand.
    func controlMap(_ deployment: String) async throws -> RouteClient.Answer {
        try await send(.get, "v2/deployments/device/deployments/\(deployment)/update_control_map")
    }

    /// Reports a state.
    @discardableResult
    func report(_ status: String, _ deployment: String, substate: String = "") async throws -> RouteClient.Answer {
        try await send(
            .put, "v1/deployments/device/deployments/\(deployment)/status",
            #"{"status":"\#(status)","substate":"\#(substate)"}"# + "\n")
    }
}

extension ManagementClient {
    /// Devices in the management API.
    func devices(_ token: String, _ query: String = "") async throws -> [JSONValue] {
        try await send(.get, "v2/devauth/devices" + query, token: token).json.array ?? []
    }

    /// The device of an identity.
    func device(_ identity: String, _ token: String) async throws -> JSONValue {
        let wanted = try JSONValue(parsing: Array(identity.utf8)).sorted()
        return try #require(try await devices(token, "?per_page=500").first { $0["identity_data"] == wanted })
    }

    /// Changes the state of a device's key.
    @discardableResult
    func set(
        _ status: String, of device: JSONValue, key: Int = 0, _ token: String
    ) async throws -> RouteClient.Answer {
        let set = try #require(device["auth_sets"]?.array?[key]["id"]?.string)
        let id = try #require(device["id"]?.string)
        return try await send(
            .put, "v2/devauth/devices/\(id)/auth/\(set)/status", #"{"status":"\#(status)"}"#, token: token)
    }

    /// A device that asked and was let in.
    func accepted(_ identity: String, _ token: String) async throws -> UpdateDevice {
        let device = try UpdateDevice(self, identity)
        try await device.authenticate()
        try await set("accepted", of: try await self.device(identity, token), token)
        #expect(try await device.authenticate().status == .ok)
        return device
    }
}

extension RouteClient.Answer {
    /// A header field by its name.
    func field(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }
}
