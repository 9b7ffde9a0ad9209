import Foundation
import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
internal import RouteTestSupport
import Testing

/// docs/authorization.md is the promise; this compares it with the routes, row by row and role by role.
@Suite struct AuthorizationTests {
    struct Rule: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        /// Column title → cell.
        let cells: [String: String]
        var testDescription: String { "\(method) \(path)" }
    }

    /// Rows of the tables that have a column of this title.
    static func rules(column: String = "local socket") throws -> [Rule] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/authorization.md")
        var titles: [String] = []
        var rules: [Rule] = []
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where line.hasPrefix("|") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            if cells.first == "API" { titles = cells }
            guard cells.count == titles.count, titles.contains(column),
                ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(cells[1])
            else { continue }
            rules.append(
                Rule(method: cells[1], path: cells[2], cells: Dictionary(uniqueKeysWithValues: zip(titles, cells))))
        }
        return rules
    }

    @Test func tableHasEveryPart() throws {
        #expect(try Self.rules().count >= 30)
    }

    @Test(arguments: try rules())
    func eachRole_IsTreatedAsTheTableSays(rule: Rule) async throws {
        let hub = try await TestHub { $0.makesKeys = true }
        let method = try #require(HTTPRequest.Method(rawValue: rule.method))
        let path = rule.path.split(separator: "/").map { $0.hasPrefix("{") ? "own-id" : String($0) }.joined(
            separator: "/")
        for role in ["none", "iotdevice", "client", "service", "plugin", "admin"] {
            let peer = role == "none" ? Peer(address: "192.0.2.1") : try await hub.peer("other-id", ou: role)
            let answer = try await hub.network.send(method, "/" + path, body: Array("{}".utf8), as: peer)
            switch rule.cells[role] {
            case "no", "own": #expect(answer.status == .forbidden, "\(role): \(answer.text)")
            case "–": #expect(answer.status == .notFound)
            default: #expect(answer.status != .forbidden, "\(role): \(answer.text)")
            }
        }
        let local = try await hub.local.send(
            method, "/" + path, body: Array("{}".utf8), as: Peer(address: "local", userID: 0))
        if rule.cells["local socket"] == "yes" {
            #expect(local.status != .forbidden && !local.text.contains("http404"))
        } else {
            #expect(local.status == .notFound)
        }
    }
}
