internal import Encoding
import HTTPTypes
import HubHTTP
internal import Journal
internal import JournalTestSupport
internal import People
import PKI
internal import Rooms
internal import RouteTestSupport

/// A hub with people, and a program that speaks the management API with it.
struct ManagementClient: Sendable {
    static let password = "correct horse battery"
    /// Instead of a token: the request comes over the Unix socket. Nobody's password has to be hashed for it, which
    /// takes a test as long as all the rest.
    static let socket = "socket"

    let rig: MenderRig
    var rooms: Rooms { rig.rooms }

    init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, change: (inout MenderRig.Options) -> Void = { _ in }
    ) async throws {
        rig = try await MenderRig(folder: folder, clock: clock, change: change)
    }

    /// Makes a user and logs in.
    @discardableResult
    func person(_ name: String, _ role: UserRole) async throws -> String {
        try await rooms.people.addUser(name, role: role, password: Self.password, by: .hub)
        return try await logIn(name, Self.password).text
    }

    func logIn(
        _ name: String, _ password: String, body: String = "", address: String = "192.0.2.7"
    ) async throws -> RouteClient.Answer {
        try await rig.network.send(
            .post, "/api/management/v1/useradm/auth/login", body: Array(body.utf8),
            headers: [.authorization: "Basic " + Base64.encode(Array("\(name):\(password)".utf8))],
            as: Peer(address: address))
    }

    /// Sends a request with a token; the path goes on behind `/api/management/`.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", token: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> RouteClient.Answer {
        try await send(method, path, bytes: Array(body.utf8), token: token, headers: headers)
    }

    /// Sends a request whose body is no text.
    func send(
        _ method: HTTPRequest.Method, _ path: String, bytes: [UInt8], token: String?, headers: HTTPFields = [:]
    ) async throws -> RouteClient.Answer {
        var headers = headers
        if token == Self.socket {
            return try await rig.local.send(
                method, "/api/management/" + path, body: bytes, headers: headers,
                as: Peer(address: "local", userID: 0))
        }
        if let token { headers[.authorization] = "Bearer \(token)" }
        return try await rig.network.send(method, "/api/management/" + path, body: bytes, headers: headers)
    }
}

extension RouteClient.Answer {
    /// The body as JSON.
    var json: JSONValue {
        (try? JSONValue(parsing: body, limits: JSONLimits(bytes: 16 << 20, depth: 32, values: 1_000_000))) ?? .null
    }

    /// The text of a refusal in the form Mender programs read.
    var refusal: String? {
        guard json["request_id"]?.string == headers[HTTPField.Name("X-MEN-RequestID") ?? .via] else { return nil }
        return json["error"]?.string
    }
}
