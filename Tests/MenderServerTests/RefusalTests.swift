internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
import PKI
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing
internal import Wire

/// docs/protocols/mender.md 2: every refusal has the same form, also where no route was reached.
@Suite struct RefusalTests {
    private static let strange: [(HTTPRequest.Method, String)] = [
        (.get, "/api/devices"), (.get, "/api/devices/v1/nothing"), (.post, "//api//devices/v9/x"),
        (.put, "/api/management/v1/nothing"), (.get, "/api/management"), (.get, "/api/management/v3/%2e%2e"),
    ]

    @Test func unknownPath_IsNotFound_InTheFormOfTheProtocol() async throws {
        let rig = try await MenderRig()
        for (method, path) in Self.strange {
            let answer = try await rig.network.send(method, path)
            #expect(answer.status == .notFound, "\(path)")
            #expect(answer.refusal == "unknown endpoint", "\(path): \(answer.text)")
        }
        let local = try await rig.local.send(
            .get, "/api/management/v1/nothing", as: Peer(address: "local", userID: 0))
        #expect(local.status == .notFound && local.refusal != nil)
        // Elsewhere the form is the hub's own.
        let other = try await rig.network.send(.get, "/api/devicesx/v1")
        #expect(other.status == .notFound && other.text.contains("http404"))
    }

    @Test func requestNumber_ComesBack_AlsoWithARefusalOfTheRouter() async throws {
        let rig = try await MenderRig()
        let name = try #require(HTTPField.Name("X-MEN-RequestID"))
        let answer = try await rig.network.send(.get, "/api/devices/v1/nothing", headers: [name: "my-number-1"])
        #expect(answer.headers[name] == "my-number-1")
        #expect(answer.json["request_id"]?.string == "my-number-1")
    }

    private static let wrong: [(HTTPRequest.Method, String, String)] = [
        (.post, "/api/devices/v1/inventory/device/attributes", "PATCH, PUT"),
        (.get, "/api/devices/v1/authentication/auth_requests", "POST"),
        (.get, "/api/devices/v1/deployments/device/deployments/a/status", "PUT"),
        (.delete, "/api/devices/v1/deviceconnect/connect", "GET"),
        (.get, "/api/management/v1/useradm/auth/login", "POST"),
        (.patch, "/api/management/v2/devauth/devices/count", "GET"),
        (.post, "/api/management/v1/deployments/artifacts/a", "DELETE, GET, PUT"),
    ]

    @Test func wrongMethod_IsToldWhichAreRight() async throws {
        let rig = try await MenderRig()
        for (method, path, allowed) in Self.wrong {
            let answer = try await rig.network.send(method, path)
            #expect(answer.status == .methodNotAllowed, "\(method) \(path): \(answer.status)")
            #expect(answer.headers[.allow] == allowed, "\(path)")
            #expect(answer.refusal != nil, "\(path): \(answer.text)")
        }
    }

    @Test func revokedPeer_IsRefusedInTheSameForm() async throws {
        let rig = try await MenderRig()
        try await rig.addSecret("s3cret", for: "d1")
        let device = try TestDevice("d1", secret: "s3cret")
        let certificate = try await device.enrol(at: rig).certificate
        let peer = Peer(address: "192.0.2.7", certificate: certificate)
        try await rig.issuer.revoke(deviceID: "d1", reason: .keyCompromise, by: .hub)
        let answer = try await rig.network.send(
            .get, "/api/devices/v1/deployments/device/deployments/next", as: peer)
        #expect(answer.status == .forbidden)
        #expect(answer.refusal != nil, "\(answer.text)")
    }
}
