import HostilePeer
import HubHTTP
import Testing

/// WebSockets that a web page makes a browser open.
@Suite(.timeLimit(.minutes(2))) struct OriginTests {
    private static let rule = OriginRule { $0 == "hub" }

    private static func head(_ server: TestServer, _ name: String, _ identity: PeerIdentity?, _ fields: String)
        async throws -> String
    {
        let end = try await TestEnd.connect(port: server.port(name), root: server.root, identity: identity)
        return try await end.upgrade(fields: fields)
    }

    @Test(arguments: ["tunnelWebSocket", "proxyWebSocket"])
    func foreignPage_OpensNothingWithACertificate(listener: String) async throws {
        try await TestServer.run(origins: Self.rule) { server in
            let identity = try server.device("desk")
            let foreign = [
                "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n", "Origin: https://evil.example\r\n",
                "Sec-Fetch-Site: same-site\r\n", "Origin: null\r\n", "Origin: https://hub\r\nOrigin: null\r\n",
            ]
            for fields in foreign {
                let head = try await Self.head(server, listener, identity, fields)
                #expect(head.hasPrefix("HTTP/1.1 403 Forbidden"), "\(fields)")
                // A token is the page's own affair; a program that is no browser may say what it likes.
                #expect(try await Self.head(server, listener, nil, fields).hasPrefix("HTTP/1.1 101"), "\(fields)")
            }
            for fields in ["", "Origin: https://hub\r\nSec-Fetch-Site: same-origin\r\n"] {
                #expect(try await Self.head(server, listener, identity, fields).hasPrefix("HTTP/1.1 101"), "\(fields)")
            }
        }
    }

    /// Its own authority, but no name of the hub's.
    @Test func pageOfAHostThatLeadsHere_IsForeign() async throws {
        try await TestServer.run(origins: OriginRule { _ in false }) { server in
            let head = try await Self.head(
                server, "tunnelWebSocket", try server.device("desk"), "Origin: https://hub\r\n")
            #expect(head.hasPrefix("HTTP/1.1 403"))
        }
    }
}
