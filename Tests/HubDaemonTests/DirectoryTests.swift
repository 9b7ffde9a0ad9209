import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
internal import IssuingTestSupport
internal import Journal
import PKI
internal import Reach
internal import Rooms
internal import RouteTestSupport
import Testing
import Wire

@Suite struct DirectoryTests {
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

    @Test func directory_LeadsTheWayTheRequestCame() async throws {
        let test = try await TestHub { $0.hostNames = ["hub.example"] }
        for named in ["hub.example:443", "evil.example", "hub.example:8443", "hub.example:443"] {
            let answer = try await test.network.send(.get, "/idprov/directory", authority: named)
            #expect(answer.status == .ok)
            #expect(!answer.text.contains("evil"))
        }
    }
}
