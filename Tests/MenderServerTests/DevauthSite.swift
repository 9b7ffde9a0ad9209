internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
internal import JournalTestSupport
import MenderServer
import PKI
internal import RouteTestSupport
import Testing

/// A hub whose devices are managed as the vendor's programs do.
struct DevauthSite {
    static let identity = #"{"mac":"02:00:00:00:00:01"}"#

    let client: ManagementClient
    let token: String

    init(clock: ManualClock? = nil, change: (inout MenderRig.Options) -> Void = { _ in }) async throws {
        client = try await ManagementClient(clock: clock, change: change)
        token = ManagementClient.socket
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = ""
    ) async throws -> RouteClient.Answer {
        try await client.send(method, "v2/devauth/" + path, body, token: token)
    }

    func device(_ identity: String = identity) async throws -> JSONValue {
        try await client.device(identity, token)
    }

    @discardableResult
    func set(_ status: String, key: Int = 0, of identity: String = identity) async throws -> RouteClient.Answer {
        try await client.set(status, of: try await device(identity), key: key, token)
    }

    func statuses(_ identity: String = identity) async throws -> [String] {
        (try await device(identity)["auth_sets"]?.array ?? []).compactMap { $0["status"]?.string }
    }

    func preauthorise(_ identity: String, _ key: PublicKey, force: Bool = false) async throws -> RouteClient.Answer {
        let pem = String(decoding: JSONValue.string(key.pem()).encoded(), as: UTF8.self)
        return try await send(
            .post, "devices", #"{"identity_data":\#(identity),"pubkey":\#(pem),"force":\#(force)}"#)
    }
}
