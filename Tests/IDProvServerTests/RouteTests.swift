import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Reach
import Testing
import Wire

@Suite struct RouteTests {
    @Test func longBody_IsRefusedInTheProtocolsForm() async throws {
        let hub = try await TestHub()
        let body = [UInt8](repeating: UInt8(ascii: " "), count: IDProv.bodyLimit + 1)
        let answer = try await hub.network.send(.post, "/idprov/provreq", body: body)
        #expect(answer.status == .contentTooLarge)
        #expect(answer.text.contains(#""code":"tooLarge""#) && answer.text.contains(#""hint":"""#))
    }

    @Test func directory_NamesEndpointsAuthorityAndServices() async throws {
        let hub = try await TestHub()
        let first = try await hub.network.send(.get, "/idprov/directory")
        #expect(first.headers[.contentType] == "application/json")
        #expect(Set(try Directory(parsing: first.body).services.keys) == ["crl", "ocsp"])
        try await hub.hub.rooms.reach.addService(
            ServiceEntry(name: "mqtts", url: "mqtts://hub.local:8883"), by: .hub)
        let second = try Directory(parsing: try await hub.network.send(.get, "/idprov/directory").body)
        #expect(second.services["mqtts"] == "mqtts://hub.local:8883")
        let resolved = try second.resolved(fetchedFrom: "https://192.0.2.1:43776/idprov/directory", pinned: false)
        #expect(resolved.postProvisionRequest == "https://192.0.2.1:43776/idprov/provreq")
    }

    @Test(arguments: [
        ("none", 403), ("iotdevice", 403), ("client", 403), ("service", 403), ("admin", 200), ("plugin", 200),
    ])
    func secretPost_IsForAdminAndPluginOnly(ou: String, status: Int) async throws {
        let hub = try await TestHub()
        let peer = ou == "none" ? Peer(address: "192.0.2.1") : try await hub.peer("p", ou: ou)
        let body = OOBSecretPost(deviceID: "d1", oobSecret: "12345678").encoded()
        for path in ["/idprov/oobsecret", "/idprov/oobSecret"] {
            #expect(try await hub.network.send(.post, path, body: body, as: peer).status.code == status)
        }
        let known = try hub.hub.issuer.claim("d1").secret
        #expect((known != nil) == (status == 200))
    }

    @Test(arguments: [
        #"{"deviceID":"","oobSecret":"x","validUntil":""}"#, #"{"deviceID":"d","oobSecret":"","validUntil":""}"#,
        #"{"deviceID":"d","oobSecret":"x","validUntil":"tomorrow"}"#,
        #"{"deviceID":"d","oobSecret":"x","validUntil":"2001-01-01"}"#, #"{"deviceID":"a\u0007","oobSecret":"x"}"#,
        "no JSON", "",
    ])
    func badSecretPost_Is400(body: String) async throws {
        let hub = try await TestHub()
        let admin = try await hub.peer("a", ou: "admin")
        #expect(
            try await hub.network.send(.post, "/idprov/oobsecret", body: Array(body.utf8), as: admin).status
                == .badRequest)
    }

    @Test func otherMethods_Are405WithAllow() async throws {
        let hub = try await TestHub()
        for path in ["/idprov/provreq", "/idprov/oobsecret"] {
            let answer = try await hub.network.send(.get, path)
            #expect(answer.status == .methodNotAllowed)
            #expect(answer.headers[.allow] == "POST")
        }
    }

    @Test func status_IsForAdminPluginAndTheDeviceItself() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "a b é")
        let device = try TestDevice("a b é", secret: "s")
        let path = "/idprov/status/a%20b%20%C3%A9"
        let admin = try await hub.peer("x", ou: "admin")
        let before = try StatusResponse(parsing: try await hub.network.send(.get, path, as: admin).body)
        #expect(before.status == .waiting && before.clientCert == nil)
        let certificate = try Certificate(pem: try await device.provision(at: hub).clientCert)
        let own = Peer(address: "192.0.2.7", certificate: certificate)
        for peer in [admin, own] {
            let after = try StatusResponse(parsing: try await hub.network.send(.get, path, as: peer).body)
            #expect(after.status == .approved)
            #expect(after.clientCert == certificate.pem)
        }
        for peer in [
            Peer(address: "x"), try await hub.peer("d2", ou: "iotdevice"), try await hub.peer("c", ou: "client"),
        ] {
            #expect(try await hub.network.send(.get, path, as: peer).status == .forbidden)
        }
    }

    @Test func bodyOver64KiB_Is413() async throws {
        let hub = try await TestHub()
        let body = [UInt8](repeating: 0x20, count: IDProv.bodyLimit + 1)
        #expect(try await hub.network.send(.post, "/idprov/provreq", body: body).status == .contentTooLarge)
    }
}
