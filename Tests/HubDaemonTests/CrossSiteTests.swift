import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
internal import Journal
internal import People
internal import RecordTestSupport
internal import Rooms
internal import RouteTestSupport
import Testing

/// A web page of another site makes a browser ask, with the certificate the browser holds.
@Suite struct CrossSiteTests {
    private static let evil: [HTTPFields] = [
        [.origin: "https://evil.example", site: "cross-site", .contentType: "text/plain"],
        [site: "cross-site", .contentType: "text/plain"], [site: "same-site"], [.origin: "https://evil.example"],
        [.origin: "null", site: "none"],
    ]
    private static let site: HTTPField.Name = {
        guard let name = HTTPField.Name("Sec-Fetch-Site") else { preconditionFailure("it is a header's name") }
        return name
    }()

    private static func path(_ rule: AuthorizationTests.Rule) -> String {
        RouteTableTests.parts(rule.path).map { "/" + ($0 == "*" ? UniqueID.make() : $0) }.joined()
    }

    /// Every route of every table at once: a hub for each would take minutes.
    @Test(arguments: RouteTableTests.Listener.allCases.filter { $0 != .publication })
    func eachRoute_RefusesPagesOfOtherSites(_ listener: RouteTableTests.Listener) async throws {
        let hub = try await TestHub { $0.makesKeys = true }
        let network = [
            try await hub.peer("desk", ou: "admin"), try await hub.peer("d1", ou: "iotdevice"),
            Peer(address: "192.0.2.1", endedCertificate: try await hub.peer("d2", ou: "iotdevice").certificate),
        ]
        let peers = listener == .network ? network : [Peer(address: "local", userID: 0)]
        let rules = try listener.rows()
        #expect(rules.count >= 150)
        for rule in rules {
            let method = try #require(HTTPRequest.Method(rawValue: rule.method))
            for (peer, headers) in peers.flatMap({ peer in Self.evil.map { (peer, $0) } }) {
                let answer = try await listener.client(hub).send(
                    method, Self.path(rule), body: Array("{}".utf8), headers: headers, as: peer)
                #expect(answer.status == .forbidden, "\(rule)")
                #expect(answer.text.contains("page of another host"), "\(rule): \(answer.text)")
            }
        }
        #expect(
            try await hub.hub.rooms.journal.auditPage(AuditQuery(limit: 100)).events.allSatisfy {
                $0.action != "ca.rotate"
            })
    }

    @Test func ownPages_AndPrograms_AreServed() async throws {
        let hub = try await TestHub()
        let admin = try await hub.peer("desk", ou: "admin")
        let own: [(HTTPFields, String)] = [
            ([:], "hub"), ([Self.site: "none"], "hub"), ([Self.site: "same-origin"], "127.0.0.1:43776"),
            ([Self.site: "same-origin", .origin: "https://127.0.0.1:43776"], "127.0.0.1:43776"),
            ([.origin: "https://127.0.0.1"], "127.0.0.1"), ([.origin: "HTTPS://127.0.0.1"], "127.0.0.1"),
        ]
        for (headers, authority) in own {
            let answer = try await hub.network.send(
                .get, "/admin/v1/status", headers: headers, as: admin, authority: authority)
            #expect(answer.status == .ok, "\(headers) to \(authority)")
        }
    }

    /// What a browser sends when a name of somebody else's leads here: page and hub have one origin.
    @Test func hostOfSomebodyElses_IsRefused_WithoutOriginToo() async throws {
        let hub = try await TestHub()
        let admin = try await hub.peer("desk", ou: "admin")
        for authority in ["evil.example:7000", "127.0.0.1:7000.evil.example", "[::1].evil.example:7000"] {
            for method in [HTTPRequest.Method.get, .post] {
                let answer = try await hub.network.send(
                    method, "/admin/v1/certificates", headers: [Self.site: "same-origin"], as: admin,
                    authority: authority)
                #expect(answer.status == .forbidden && answer.text.contains("foreignOrigin"), "\(authority)")
                #expect(answer.text.contains("by one of its names or addresses"))
            }
        }
    }

    /// The same authority is not enough: it must be the hub's, whatever the page's host resolves to.
    @Test(arguments: [
        ("https://evil.example", "evil.example"), ("https://127.0.0.1:1", "127.0.0.1:2"),
        ("http://127.0.0.1", "127.0.0.1"), ("https://127.0.0.1.evil.example", "127.0.0.1"), ("", "127.0.0.1"),
        ("https://127.0.0.1", ""),
    ])
    func foreignOrigin_IsRefused(origin: String, authority: String) async throws {
        let hub = try await TestHub()
        let answer = try await hub.network.send(
            .get, "/admin/v1/status", headers: [.origin: origin], as: try await hub.peer("desk", ou: "admin"),
            authority: authority)
        #expect(answer.status == .forbidden)
    }

    @Test func whoHasNoCertificate_IsNobodysBrowser() async throws {
        let hub = try await TestHub()
        for headers in Self.evil {
            let answer = try await hub.network.send(.get, "/idprov/directory", headers: headers)
            #expect(answer.status == .ok)
        }
    }

    /// The token decides alone, and the certificate beside it gives nothing.
    @Test func tokenOfAForeignPage_HasItsOwnRightsOnly() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        let user = try await rooms.people.addUser("eve", role: .viewer, password: "long enough pass", by: .hub)
        let token = try await rooms.people.addUserToken("t", seconds: 60, ofUser: user.id, by: .hub)
        var headers = Self.evil[0]
        headers[.authorization] = "Bearer \(token)"
        let admin = try await hub.peer("desk", ou: "admin")
        func status(_ method: HTTPRequest.Method, _ path: String) async throws -> Int {
            try await hub.network.send(method, path, headers: headers, as: admin).status.code
        }
        #expect(try await status(.get, "/api/management/v1/useradm/users") == 200)
        #expect(try await status(.delete, "/api/management/v1/inventory/devices/\(UniqueID.make())") == 403)
        #expect(try await status(.get, "/admin/v1/status") == 403)
        #expect(try await status(.post, "/admin/v1/ca/rotate") == 403)
        #expect(try await status(.post, "/idprov/report") == 403)
    }

    // MARK: - Types of bodies

    private static func secret(_ id: String) -> [UInt8] {
        Array(#"{"deviceID":"\#(id)","secret":"a secret of some length"}"#.utf8)
    }
    private static let filter = Array(#"{"page":1}"#.utf8)

    @Test(arguments: [
        ("application/json", 200), ("application/json; charset=utf-8", 200), ("Application/JSON", 200),
        ("application/merge-patch+json", 200), ("text/plain", 415), ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415), ("text/plain; application/json", 415), ("json", 415), ("", 415),
    ])
    func bodies_NeedTheTypeOfJSON(type: String, status: Int) async throws {
        let hub = try await TestHub()
        let admin = try await hub.peer("desk", ou: "admin")
        for peer in [admin, Peer(address: "local", userID: 0)] {
            let client = peer.userID == nil ? hub.network : hub.local
            let one = try await client.send(
                .post, "/admin/v1/secrets", body: Self.secret("d-" + peer.address), headers: [.contentType: type],
                as: peer)
            #expect(one.status.code == (status == 200 ? 201 : 415), "\(one.text)")
            #expect(status == 200 || one.text.contains(#""code":"unsupportedType""#))
            let other = try await client.send(
                .post, "/api/management/v2/inventory/filters/search", body: Self.filter, headers: [.contentType: type],
                as: peer)
            #expect(other.status.code == status, "\(other.text)")
        }
    }

    /// Some programs send none: it is taken with a token, which no page of another site has.
    @Test func bodyWithoutAnyType_NeedsAToken() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        let admin = try await hub.peer("desk", ou: "admin")
        let path = "/api/management/v2/inventory/filters/search"
        #expect(
            try await hub.network.send(.post, path, body: Self.filter, as: admin, isTyped: false).status.code == 415)
        #expect(
            try await hub.network.send(.post, "/admin/v1/secrets", body: Self.secret("d1"), as: admin, isTyped: false)
                .status.code == 415)
        let user = try await rooms.people.addUser("eve", role: .viewer, password: "long enough pass", by: .hub)
        let token = try await rooms.people.addUserToken("t", seconds: 60, ofUser: user.id, by: .hub)
        let types: [(String?, Int)] = [
            (nil, 200), ("application/x-www-form-urlencoded", 200), ("application/json", 200), ("text/plain", 415),
        ]
        for (type, status) in types {
            var headers: HTTPFields = [.authorization: "Bearer \(token)"]
            headers[.contentType] = type
            let answer = try await hub.network.send(.post, path, body: Self.filter, headers: headers, isTyped: false)
            #expect(answer.status.code == status, "\(answer.text)")
        }
    }
}
