import AdminAPI
import Foundation
import PKI
import Testing
import Transport

/// A device of the update protocol that was preauthorized with hubctl, as the hub's HTTPS listener sees it.
struct FleetDevice: Sendable {
    let hub: ProgramHub
    let id: String
    /// What it authenticates with.
    private let token: String

    /// Preauthorizes a device and lets it ask for its token.
    init(_ serial: String, at hub: ProgramHub) async throws {
        let key = try PrivateKey.makeP256()
        let identity = #"{"serial":"\#(serial)"}"#
        try hub.write(serial + ".pem", key.publicKey.pem())
        let made = try await hub.hubctl(
            "device", "preauthorize", "--identity", identity, "--public-key", serial + ".pem", "--json"
        ).succeeded().json(as: AdminDevice.self)
        let body = try JSONSerialization.data(
            withJSONObject: ["id_data": identity, "pubkey": key.publicKey.pem()])
        let signature = Data(try key.sign(Array(body))).base64EncodedString()
        let answer = try await hub.ask(
            "/api/devices/v1/authentication/auth_requests", method: "POST",
            headers: [("Content-Type", "application/json"), ("X-MEN-Signature", signature)], body: .bytes(Array(body)))
        try #require(answer.status == 200, "\(answer.text)")
        (self.hub, id, token) = (hub, made.deviceID, answer.text)
    }

    /// Several devices, in order.
    static func fleet(_ name: String, _ count: Int, at hub: ProgramHub) async throws -> [FleetDevice] {
        try await withThrowingTaskGroup(of: (Int, FleetDevice).self) { group in
            for number in 0..<count {
                group.addTask { (number, try await FleetDevice("\(name)-\(number)", at: hub)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    func send(_ path: String, method: String = "GET", _ body: String = "") async throws -> HTTPExchangeResponse {
        try await hub.ask(
            "/api/devices/" + path, method: method,
            headers: [("Authorization", "Bearer " + token), ("Content-Type", "application/json")],
            body: body.isEmpty ? .none : .text(body))
    }

    /// Asks for something to install.
    func next(knowsHoldPoints: Bool = true) async throws -> HTTPExchangeResponse {
        try await send(
            "v2/deployments/device/deployments/next", method: "POST",
            #"{"device_provides":{"device_type":"lamp","artifact_name":"before"},"#
                + #""update_control_map":\#(knowsHoldPoints)}"#
        )
    }

    /// Reports how it stands with a deployment; the status of the answer.
    @discardableResult
    func report(_ state: String, of deployment: String) async throws -> Int {
        try await send(
            "v1/deployments/device/deployments/\(deployment)/status", method: "PUT", #"{"status":"\#(state)"}"#
        ).status
    }
}

extension [FleetDevice] {
    /// Lets each ask for something to install; how often each status was the answer.
    func ask() async throws -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for device in self { counts[try await device.next().status, default: 0] += 1 }
        return counts
    }
}
