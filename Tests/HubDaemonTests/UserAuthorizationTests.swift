import Foundation
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

/// docs/authorization.md promises what a person of each role may do on the management API; this compares it with the
/// routes.
@Suite struct UserAuthorizationTests {
    private let hub: TestHub
    private let users: [UserRole: String]

    init() async throws {
        hub = try await TestHub()
        var users: [UserRole: String] = [:]
        for role in UserRole.allCases {
            users[role] = try await hub.hub.rooms.people.addUser(
                "u-\(role)", role: role, password: "long enough pass", by: .hub
            ).id
        }
        self.users = users
    }

    private func send(
        _ rule: AuthorizationTests.Rule, token: String?, as peer: Peer = Peer(address: "192.0.2.1")
    ) async throws -> RouteClient.Answer {
        let method = try #require(HTTPRequest.Method(rawValue: rule.method))
        let path = rule.path.replacing("{name}", with: "some-name").split(separator: "/")
            .map { $0.hasPrefix("{") ? "/" + UniqueID.make() : "/" + $0 }.joined()
        return try await hub.network.send(
            method, path, body: Array("{}".utf8), headers: token.map { [.authorization: "Bearer \($0)"] } ?? [:],
            as: peer)
    }

    private func check(_ cell: String?, _ answer: RouteClient.Answer, hasToken: Bool, _ what: String) {
        switch cell {
        case "yes":
            #expect(answer.status != .unauthorized && answer.status != .forbidden, "\(what)")
            #expect(!answer.text.contains("unknown endpoint"), "\(what): no such route")
            #expect(answer.status != .methodNotAllowed, "\(what): no such method")
        case "no", "own": #expect(answer.status == (hasToken ? .forbidden : .unauthorized), "\(what)")
        case "password": #expect(answer.status == .unauthorized, "\(what)")
        default: Issue.record("\(what): what does \(cell ?? "nothing") mean?")
        }
    }

    @Test func eachRole_IsTreatedAsTheTableSays() async throws {
        let rules = try AuthorizationTests.rules(column: "viewer")
        #expect(rules.count >= 90)
        for rule in rules {
            check(rule.cells["no token"], try await send(rule, token: nil), hasToken: false, "\(rule) without token")
            for (role, id) in users {
                let name = UniqueID.make()
                let rooms = hub.hub.rooms
                let token = try await rooms.people.addUserToken(name, seconds: 60, ofUser: id, by: .hub)
                check(
                    rule.cells["\(role)"], try await send(rule, token: token), hasToken: true, "\(rule) as \(role)")
                for token in try await rooms.people.userTokens(of: id) where token.name == name {
                    try await rooms.people.removeUserToken(token.id, ofUser: id, by: .hub)
                }
            }
        }
    }

    @Test func certificates_CountAsAdminOrNothing() async throws {
        for rule in try AuthorizationTests.rules(column: "viewer") where rule.cells["admin"] == "yes" {
            let admin = try await send(rule, token: nil, as: try await hub.peer("desk", ou: "admin"))
            #expect(admin.status != .unauthorized && admin.status != .forbidden, "\(rule)")
            let device = try await send(rule, token: nil, as: try await hub.peer("d1", ou: "iotdevice"))
            #expect(device.status == .unauthorized, "\(rule)")
        }
    }
}
