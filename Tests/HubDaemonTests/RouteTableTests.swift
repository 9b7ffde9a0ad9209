import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Hummingbird
internal import Journal
internal import RouteTestSupport
import Testing

/// docs/authorization.md and the routes of every listener are the same list.
@Suite struct RouteTableTests {
    /// A listener, and which rows of the tables it carries.
    enum Listener: String, CaseIterable {
        case network, local, publication

        func rows() throws -> [AuthorizationTests.Rule] {
            let roles = try AuthorizationTests.rules()
            let people = try AuthorizationTests.rules(column: "viewer")
            return switch self {
            case .network: roles + people + (try AuthorizationTests.rules(column: "device token"))
            case .local: roles.filter { $0.cells["local socket"] != "–" } + people
            case .publication: try AuthorizationTests.rules(column: "everybody")
            }
        }

        func routes(_ hub: Hub) -> [(method: String, parts: [String])] {
            let routes = HubRoutes(hub: hub)
            let router =
                switch self {
                case .network: routes.network()
                case .local: routes.local()
                case .publication: routes.publication()
                }
            return router.routes.map { ($0.method.rawValue, RouteTableTests.parts($0.path.description)) }
        }

        func client(_ hub: TestHub) -> RouteClient {
            switch self {
            case .network: hub.network
            case .local: hub.local
            case .publication: hub.publication
            }
        }
    }

    /// The parts of a path; whatever stands for any value is `*`.
    static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map { part in
            [":", "*", "{", "$"].contains(where: part.hasPrefix) ? "*" : String(part)
        }
    }

    /// EST takes operation and label by parameters, and the caller's own record stands among the others; every other
    /// row has a route of its own.
    private static func isReached(_ row: [String], by route: [String]) -> Bool {
        let isByParameter = row.starts(with: [".well-known", "est"]) || row.last == "me"
        return row == route
            || (isByParameter && row.count == route.count && zip(row, route).allSatisfy { $1 == "*" || $0 == $1 })
    }

    @Test(arguments: Listener.allCases) func eachRow_IsARoute(_ listener: Listener) async throws {
        let routes = listener.routes(try await TestHub().hub)
        for row in try listener.rows() {
            let isRoute = routes.contains {
                $0.method == row.method && Self.isReached(Self.parts(row.path), by: $0.parts)
            }
            #expect(isRoute, "\(row) is no route of \(listener)")
        }
    }

    @Test(arguments: Listener.allCases) func eachRoute_IsARow(_ listener: Listener) async throws {
        let hub = try await TestHub { $0.makesKeys = true }
        let rows = try listener.rows().map { (method: $0.method, parts: Self.parts($0.path)) }
        let routes = listener.routes(hub.hub)
        #expect(routes.count >= rows.count / 2 && !rows.isEmpty)
        for route in routes {
            let isEST = route.parts.starts(with: [".well-known", "est"])
            let isKnown = rows.contains { row in
                row.method == route.method
                    && (isEST ? Self.isReached(row.parts, by: route.parts) : row.parts == route.parts)
            }
            if isKnown { continue }
            // What only says that a path does not take a method gives no right.
            let method = try #require(HTTPRequest.Method(rawValue: route.method))
            let path = route.parts.map { "/" + ($0 == "*" ? "cacerts" : $0) }.joined()
            let answer = try await listener.client(hub).send(method, path, as: try await hub.peer("desk", ou: "admin"))
            #expect(answer.status == .methodNotAllowed, "\(route.method) \(path) stands in no table")
        }
    }

    /// The device tables: without a token nothing. What a token opens is tried beside the routes themselves.
    @Test func deviceTokens_AreTreatedAsTheTableSays() async throws {
        let hub = try await TestHub()
        let rows = try AuthorizationTests.rules(column: "device token")
        #expect(rows.count >= 16)
        for row in rows {
            let method = try #require(HTTPRequest.Method(rawValue: row.method))
            // A live link names its version before it is asked who it is.
            let query = row.path.hasSuffix("/websocket") ? "?vsn=2.0.0" : ""
            let path = Self.parts(row.path).map { "/" + ($0 == "*" ? UniqueID.make() : $0) }.joined() + query
            for peer in [Peer(address: "192.0.2.1"), try await hub.peer("d1", ou: "iotdevice")] {
                let answer = try await hub.network.send(method, path, body: Array("{}".utf8), as: peer)
                switch row.cells["no token"] {
                case "no": #expect(answer.status == .unauthorized, "\(row)")
                case "link": #expect(answer.status == .forbidden, "\(row)")
                case "signature": #expect(answer.status == .badRequest || answer.status == .unauthorized, "\(row)")
                default: Issue.record("\(row): a cell that means nothing")
                }
            }
        }
    }
}
