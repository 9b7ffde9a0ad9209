import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
import PKI
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing
import Wire

@Suite struct RouteTests {
    @Test(arguments: [
        ("none", 403), ("iotdevice", 403), ("client", 403), ("service", 403), ("admin", 200), ("plugin", 200),
    ])
    func secretPost_IsForAdminAndPluginOnly(ou: String, status: Int) async throws {
        let rig = try await IDProvRig()
        let peer = ou == "none" ? Peer(address: "192.0.2.1") : try await rig.peer("p", ou: ou)
        let body = OOBSecretPost(deviceID: "d1", oobSecret: "12345678").encoded()
        for path in ["/idprov/oobsecret", "/idprov/oobSecret"] {
            #expect(try await rig.network.send(.post, path, body: body, as: peer).status.code == status)
        }
        let known = try await rig.issuer.claim("d1").secret
        #expect((known != nil) == (status == 200))
    }

    @Test(arguments: [
        #"{"deviceID":"","oobSecret":"x","validUntil":""}"#, #"{"deviceID":"d","oobSecret":"","validUntil":""}"#,
        #"{"deviceID":"d","oobSecret":"x","validUntil":"tomorrow"}"#,
        #"{"deviceID":"d","oobSecret":"x","validUntil":"2001-01-01"}"#, #"{"deviceID":"a\u0007","oobSecret":"x"}"#,
        "no JSON", "",
    ])
    func badSecretPost_Is400(body: String) async throws {
        let rig = try await IDProvRig()
        let admin = try await rig.peer("a", ou: "admin")
        #expect(
            try await rig.network.send(.post, "/idprov/oobsecret", body: Array(body.utf8), as: admin).status
                == .badRequest)
    }

    @Test func otherMethods_Are405WithAllow() async throws {
        let rig = try await IDProvRig()
        for path in ["/idprov/provreq", "/idprov/oobsecret"] {
            let answer = try await rig.network.send(.get, path)
            #expect(answer.status == .methodNotAllowed)
            #expect(answer.headers[.allow] == "POST")
        }
    }

    @Test func status_IsForAdminPluginAndTheDeviceItself() async throws {
        let rig = try await IDProvRig()
        try await rig.addSecret("s", for: "a b é")
        let device = try TestDevice("a b é", secret: "s")
        let path = "/idprov/status/a%20b%20%C3%A9"
        let admin = try await rig.peer("x", ou: "admin")
        let before = try StatusResponse(parsing: try await rig.network.send(.get, path, as: admin).body)
        #expect(before.status == .waiting && before.clientCert == nil)
        let certificate = try Certificate(pem: try await device.provision(at: rig).clientCert)
        let own = Peer(address: "192.0.2.7", certificate: certificate)
        for peer in [admin, own] {
            let after = try StatusResponse(parsing: try await rig.network.send(.get, path, as: peer).body)
            #expect(after.status == .approved)
            #expect(after.clientCert == certificate.pem)
        }
        for peer in [
            Peer(address: "x"), try await rig.peer("d2", ou: "iotdevice"), try await rig.peer("c", ou: "client"),
        ] {
            #expect(try await rig.network.send(.get, path, as: peer).status == .forbidden)
        }
    }

    @Test func bodyOver64KiB_Is413() async throws {
        let rig = try await IDProvRig()
        let body = [UInt8](repeating: 0x20, count: IDProv.bodyLimit + 1)
        #expect(try await rig.network.send(.post, "/idprov/provreq", body: body).status == .contentTooLarge)
    }

    @Test func longBody_IsRefusedInTheProtocolsForm() async throws {
        let rig = try await IDProvRig()
        let body = [UInt8](repeating: UInt8(ascii: " "), count: IDProv.bodyLimit + 1)
        let answer = try await rig.network.send(.post, "/idprov/provreq", body: body)
        #expect(answer.status == .contentTooLarge)
        #expect(answer.text.contains(#""code":"tooLarge""#) && answer.text.contains(#""hint":"""#))
    }
}
