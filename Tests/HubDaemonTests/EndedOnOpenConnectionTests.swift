import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
internal import IssuingTestSupport
internal import JournalTestSupport
import PKI
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing
internal import Wire

/// A certificate that ends while its connection is open gives no right any more.
@Suite struct EndedOnOpenConnectionTests {
    private static let day: Int64 = 86_400

    private static func refusal(
        _ hub: TestHub, _ method: HTTPRequest.Method, _ path: String, _ peer: Peer, body: [UInt8] = []
    ) async throws {
        let answer = try await hub.network.send(method, path, body: body, as: peer)
        #expect(answer.status == .forbidden, "\(method) \(path): \(answer.text)")
        #expect(answer.text.contains("has ended") && answer.headers[.connection] == "close")
    }

    @Test func device_AfterThirtyOneDays() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s3cret", for: "d1")
        let device = try TestDevice("d1", secret: "s3cret")
        let certificate = try Certificate(pem: try await device.provision(at: hub).clientCert)
        let peer = Peer(address: "192.0.2.7", certificate: certificate)
        #expect(try await hub.network.send(.get, "/idprov/status/d1", as: peer).status == .ok)
        #expect(hub.hub.issuer.isValid(certificate))
        hub.clock.advance(by: 31 * Self.day)
        #expect(!hub.hub.issuer.isValid(certificate))
        #expect(hub.hub.issuer.isValid(certificate, at: certificate.notAfter))
        #expect(!hub.hub.issuer.isValid(certificate, at: certificate.notAfter + 1))
        let calls: [(HTTPRequest.Method, String)] = [
            (.get, "/idprov/status/d1"), (.post, "/idprov/report"), (.post, "/tunnel/token"),
            (.post, "/.well-known/est/simplereenroll"), (.post, "/.well-known/est/simpleenroll"),
            (.get, "/idprov/directory"), (.get, "/api/devices/v1/deviceconnect/connect"),
            (.post, "/api/devices/v1/authentication/auth_requests"),
        ]
        for (method, path) in calls { try await Self.refusal(hub, method, path, peer) }
        try await Self.refusal(hub, .post, "/idprov/provreq", peer, body: device.request())
        // The clock went back: it counts again.
        hub.clock.advance(by: -31 * Self.day)
        #expect(try await hub.network.send(.get, "/idprov/status/d1", as: peer).status == .ok)
    }

    @Test func administratorAndPlugin_AfterFourHundredDays() async throws {
        let hub = try await TestHub()
        let (admin, plugin) = (try await hub.peer("desk", ou: "admin"), try await hub.peer("registrar", ou: "plugin"))
        #expect(try await hub.network.send(.get, "/admin/v1/status", as: admin).status == .ok)
        hub.clock.advance(by: 400 * Self.day)
        let calls: [(HTTPRequest.Method, String)] = [
            (.get, "/admin/v1/status"), (.post, "/admin/v1/ca/rotate"), (.get, "/metrics"), (.post, "/admin/revoke"),
            (.get, "/api/management/v1/useradm/users"), (.get, "/admin/v1/devices/d1/link"),
        ]
        for (method, path) in calls { try await Self.refusal(hub, method, path, admin) }
        for peer in [admin, plugin] {
            try await Self.refusal(hub, .get, "/idprov/status/d1", peer)
            try await Self.refusal(hub, .post, "/idprov/oobsecret", peer)
        }
        #expect(try await hub.network.send(.get, "/idprov/directory").status == .ok)
    }

    @Test func ended_WithinItsGrace_RenewsUntilThatIsOver() async throws {
        var policy = GracePolicy()
        policy.standard = .init(seconds: 10 * Self.day)
        let hub = try await TestHub { $0.grace = policy }
        try await hub.addSecret("s3cret", for: "d1")
        let device = try TestDevice("d1", secret: "s3cret")
        let certificate = try Certificate(pem: try await device.provision(at: hub).clientCert)
        // The connection is older than the end: it does not become one that may renew.
        hub.clock.advance(by: 31 * Self.day)
        let open = Peer(address: "192.0.2.7", certificate: certificate)
        try await Self.refusal(hub, .post, "/idprov/provreq", open, body: device.request())
        let late = Peer(address: "192.0.2.7", endedCertificate: certificate)
        #expect(try await device.provision(at: hub, as: late).status == .approved)
        hub.clock.advance(by: 10 * Self.day)
        try await Self.refusal(hub, .post, "/idprov/provreq", late, body: device.request())
    }
}
